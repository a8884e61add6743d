import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../../src/errors.ts'
import { FakeOriginSocket } from '../../support/fakeSocket.ts'
import { closeItem, socketActionItem, socketItem } from '../../support/items.ts'
import { GRIP_ACCEPTED, relayTestSocket } from '../socketSupport.ts'

const LARGE = Buffer.alloc(64 * 1024, 'x')

describe('what a client sends', () => {
  it('reaches its origin as it is, pings and pongs included', () => {
    const { client, end } = relayTestSocket()
    for (const type of ['text', 'binary', 'ping', 'pong'] as const) client.receive(type, `m:${type}`)
    expect(end.sent).toEqual(['text:m:text', 'binary:m:binary', 'ping:m:ping', 'pong:m:pong'])
  })

  it('waits while its origin does not read', () => {
    const { client, end } = relayTestSocket()
    end.isReading = false
    client.receive('binary', LARGE)
    expect(client.isPaused).toBe(true)
    end.drain()
    expect(client.isPaused).toBe(false)
  })
})

describe('what an origin sends that has accepted GRIP', () => {
  it.each([
    ['grip', 'text', 'm:hi', ['text:hi']],
    ['grip', 'binary', 'm:hi', ['binary:hi']],
    ['grip', 'text', 'm:', ['text:']],
    ['grip', 'text', 'm', []],
    ['grip', 'text', 'hi', []],
    ['grip', 'binary', 'c:{"type":"detach"}', []],
    ['grip', 'text', 'c:nonsense', []],
    ['grip', 'ping', 'hi', ['ping:hi']],
    ['grip', 'pong', 'c:hi', ['pong:c:hi']],
    ['grip; message-prefix=""', 'text', 'hi', ['text:hi']],
    ['grip; message-prefix=""', 'binary', 'c:hi', ['binary:c:hi']],
    ['grip; message-prefix=""', 'text', 'c:hi', []],
    ['grip; message-prefix="msg-"', 'text', 'msg-m:hi', ['text:m:hi']],
    ['grip; message-prefix="c:"', 'text', 'c:hi', []],
  ] as const)('by %s: %s "%s" reaches the client as %j', (accepted, type, content, sent) => {
    const { client, end } = relayTestSocket({ accepted: ['Sec-WebSocket-Extensions', accepted] })
    end.receive(type, content)
    expect([client.sent, client.closed]).toEqual([sent, undefined])
  })

  it('waits while the client does not read', () => {
    const { client, end } = relayTestSocket()
    client.isReading = false
    end.receive('binary', Buffer.concat([Buffer.from('m:'), LARGE]))
    expect(end.isPaused).toBe(true)
    client.drain()
    expect(end.isPaused).toBe(false)
  })

  it('waits also where it is the control messages that fill the client', () => {
    const { client, end, control } = relayTestSocket()
    client.isReading = false
    control({ type: 'send-delayed', content: String(LARGE) })
    control({ type: 'flush-delayed' })
    expect(end.isPaused).toBe(true)
  })

  it('can subscribe the client, which the log tells', () => {
    const { client, control, deliver, holds } = relayTestSocket({ routes: ['*,prefix=p- a:1'] })
    control({ type: 'subscribe', channel: 'a' })
    deliver(socketItem('p-a', 'x'))
    expect(client.sent).toEqual(['text:x'])
    expect(holds.log.lines).toContain('info subscribe /path channel=p-a')
  })

  it('names the field of a control message that is ignored in the log', () => {
    const { control, holds } = relayTestSocket()
    control({ type: 'subscribe', channel: 7 })
    expect(holds.log.lines).toContain(
      "warn /path: control message ignored: control message contains 'channel' with wrong type",
    )
  })
})

describe('what an origin sends that has not accepted GRIP', () => {
  it.each(['m:hi', 'c:{"type":"detach"}', 'hi'])('reaches the client as it is: %s', (content) => {
    const { client, end } = relayTestSocket({ accepted: [] })
    end.receive('text', content)
    expect(client.sent).toEqual([`text:${content}`])
  })

  it('leaves the client with the channels of the target', () => {
    const { client, deliver } = relayTestSocket({ accepted: [], routes: ['*,prefix=p- a:1,sub=own'] })
    deliver(socketItem('own', 'x'))
    expect(client.sent).toEqual(['text:x'])
  })

  it('is no instruction on a no_grip route, nor from behind a GRIP proxy that is to follow it', () => {
    const routes = ['*,no_grip a:1,sub=own']
    const trusted = { trusted: ['sig'], request: { headers: ['Grip-Sig', 'sig', ...GRIP_ACCEPTED] } }
    for (const setup of [{ routes }, trusted]) {
      const { client, end } = relayTestSocket(setup)
      end.receive('text', 'c:{}')
      expect(client.sent).toEqual(['text:c:{}'])
    }
  })
})

/** Lets something happen to a relayed WebSocket and says how both ends end. */
function endings(happen: (relayed: ReturnType<typeof relayTestSocket>) => void, routes = ['* a:1']) {
  const relayed = relayTestSocket({ routes })
  relayed.control({ type: 'subscribe', channel: 'a' })
  happen(relayed)
  const { client, end } = relayed
  return { client: client.closed ?? client.isDestroyed, origin: end.closed ?? end.isDestroyed }
}

describe('the end of a WebSocket', () => {
  it.each<[string, Parameters<typeof endings>[0], unknown, unknown]>([
    [
      'a client that closes waits for its origin',
      ({ client }) => client.receiveClose(4000, 'bye'),
      false,
      '4000 bye',
    ],
    [
      'an origin is told 1000 where the client says nothing',
      ({ client }) => client.receiveClose(),
      false,
      '1000',
    ],
    [
      'a client is answered as its origin answers',
      ({ client, end }) => {
        client.receiveClose(4000)
        end.receiveClose(4001, 'well')
      },
      '4001 well',
      '4000',
    ],
    [
      'a client is answered without a code where its origin says none',
      ({ client, end }) => {
        client.receiveClose(4000)
        end.receiveClose()
      },
      'undefined',
      '4000',
    ],
    [
      'a client is answered 1011 where its origin does not',
      ({ client, end }) => {
        client.receiveClose(4000)
        end.leave()
      },
      '1011 connection to origin lost',
      '4000',
    ],
    [
      'an origin that closes waits for its client',
      ({ end }) => end.receiveClose(4000, 'bye'),
      '4000 bye',
      false,
    ],
    [
      'a client is told no code where its origin says none',
      ({ end }) => end.receiveClose(),
      'undefined',
      false,
    ],
    [
      'an origin is answered as its client answers',
      ({ client, end }) => {
        end.receiveClose(4000)
        client.receiveClose(4001, 'well')
      },
      '4000',
      '4001 well',
    ],
    [
      'an origin whose client does not answer is cut off',
      ({ client, end }) => {
        end.receiveClose(4000)
        client.leave()
      },
      '4000',
      true,
    ],
    ['a client that vanishes takes its origin with it', ({ client }) => client.leave(), false, true],
    [
      'a client that closed and vanishes does so, too',
      ({ client }) => {
        client.receiveClose(4000)
        client.leave()
      },
      false,
      '4000',
    ],
    [
      'an origin that vanishes closes its client with 1011',
      ({ end }) => end.leave(),
      '1011 connection to origin lost',
      false,
    ],
    [
      'a message that is too large for the origin closes the client with 1009',
      ({ end }) => end.leave(new HoldfastError('SOCKET_MESSAGE_TOO_LARGE', 'it is')),
      '1009 message too large for the origin',
      false,
    ],
    [
      'an item that closes tells the origin 1000',
      ({ deliver }) => deliver(closeItem('a')),
      'undefined',
      '1000',
    ],
    [
      'a published code is for the client alone',
      ({ deliver }) => deliver(socketActionItem('a', { action: 'close', code: 4001, reason: 'x' })),
      '4001 x',
      '1000',
    ],
    ['a server that stops tells both 1001', ({ holds }) => [...holds.holds][0]!.shutdown(), '1001', '1001'],
    [
      'a client that is too slow takes its origin with it',
      ({ client, deliver }) => {
        client.bytesQueued = 1000
        deliver(socketItem('a', 'x'))
      },
      '1013 too slow',
      true,
    ],
  ])('%s', (_name, happen, client, origin) => {
    expect(endings(happen)).toEqual({ client, origin })
  })

  it.each<[string, (relayed: ReturnType<typeof relayTestSocket>) => void]>([
    ['its client has left', ({ client }) => client.leave()],
    ['its origin has left', ({ end }) => end.leave()],
    ['it was closed by an item', ({ deliver }) => deliver(closeItem('a'))],
  ])('leaves nothing behind when %s', (_name, happen) => {
    const relayed = relayTestSocket()
    relayed.control({ type: 'subscribe', channel: 'a' })
    happen(relayed)
    const { holds, client, end, environment } = relayed
    expect([holds.hub.channelCount, holds.holds.size, environment.stats.connections.slots.size]).toEqual([
      0, 0, 0,
    ])
    // Whatever the two ends have still to say.
    for (const socket of [client, end]) {
      socket.receive('text', 'm:late')
      socket.receiveClose(4000)
      socket.leave()
      socket.drain()
    }
    expect([client.sent, end.sent]).toEqual([[], []])
  })

  it('lets ends read on that had to wait for each other, so that they can hear of it', () => {
    const { client, end } = relayTestSocket()
    client.isReading = false
    end.isReading = false
    end.receive('text', `m:${LARGE}`)
    client.receive('text', LARGE)
    expect([client.isPaused, end.isPaused]).toEqual([true, true])
    end.receiveClose(4000)
    expect(client.isPaused).toBe(false)
    client.receiveClose(4000)
    expect(end.isPaused).toBe(false)
  })
})

describe('a WebSocket that its origin has detached from', () => {
  function detached() {
    const relayed = relayTestSocket()
    relayed.control({ type: 'subscribe', channel: 'a' })
    relayed.control({ type: 'detach' })
    relayed.control({ type: 'detach' })
    return relayed
  }

  it('is closed towards the origin and gets what is published', () => {
    const { client, end, deliver } = detached()
    deliver(socketItem('a', 'x'))
    expect([end.closed, client.sent]).toEqual(['1000', ['text:x']])
  })

  it('discards what the client sends, but for pings, which it answers', () => {
    const { client, end } = detached()
    for (const type of ['text', 'ping', 'pong'] as const) client.receive(type, 'x')
    expect([client.sent, end.sent]).toEqual([['pong:x'], []])
  })

  it('does not answer a client that floods it with pings and does not read', () => {
    const { client } = detached()
    client.isReading = false
    for (let i = 0; i < 10_000; i++) client.receive('ping', Buffer.alloc(125))
    expect(client.sent.length).toBeLessThan(600)
  })

  it('does not care for what the origin still has to say', () => {
    const { client, end } = detached()
    end.receive('text', 'm:late')
    end.receiveClose(4000)
    end.leave()
    expect([client.sent, client.closed]).toEqual([[], undefined])
  })

  it('answers its client with 1000, and nobody else hears of it', () => {
    const { client, end, holds } = detached()
    client.receiveClose(4000, 'bye')
    expect([client.closed, end.ends, holds.holds.size]).toEqual(['1000', 1, 0])
  })

  it('can be closed by an item', () => {
    const { client, end, deliver } = detached()
    deliver(socketActionItem('a', { action: 'close', code: 4001 }))
    expect([client.closed, end.ends]).toEqual(['4001', 1])
  })
})

describe('an origin over HTTP', () => {
  const overHttp = () => relayTestSocket({ socket: new FakeOriginSocket('overHttp') })

  it('is refreshed when that is published, as long as it is there', () => {
    const { end, control, deliver } = overHttp()
    control({ type: 'subscribe', channel: 'a' })
    const refresh = socketActionItem('a', { action: 'refresh' })
    deliver(refresh)
    control({ type: 'detach' })
    deliver(refresh)
    expect(end.refreshes).toBe(1)
  })

  it.each<[string, (relayed: ReturnType<typeof relayTestSocket>) => void]>([
    ['a client that gives no code', ({ client }) => client.receiveClose()],
    ['an item that closes', ({ deliver }) => deliver(closeItem('a'))],
    ['a detach', ({ control }) => control({ type: 'detach' })],
  ])('is told no code by %s', (_name, happen) => {
    const relayed = overHttp()
    relayed.control({ type: 'subscribe', channel: 'a' })
    happen(relayed)
    expect(relayed.end.closed).toBe('undefined')
  })
})
