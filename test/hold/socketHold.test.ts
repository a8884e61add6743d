import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SocketKeepAliveTerms } from '../../src/grip/controlMessage.ts'
import { SocketHold } from '../../src/hold/socketHold.ts'
import { describeHold } from '../contracts/holdContract.ts'
import { createTestHistory } from '../hub/support.ts'
import { openTestConnection } from '../support/connections.ts'
import { FakeClientSocket } from '../support/fakeSocket.ts'
import { chainedSocketItem, closeItem, socketActionItem, socketItem, streamItem } from '../support/items.ts'
import { FakeContext, type HoldSetup, holdTestSocket } from './socketSupport.ts'

describeHold('SocketHold', {
  create: (environment) => {
    const socket = new FakeClientSocket()
    const connection = openTestConnection(environment.connections, { kind: 'ws' })
    const context = Object.assign(new FakeContext(), { prefix: '' })
    const hold = new SocketHold(environment, { socket, connection }, context)
    return {
      hold,
      subscribe: (channels) => {
        hold.begin()
        for (const channel of channels) {
          hold.obey({ type: 'subscribe', channel, filters: [], prevId: undefined })
        }
        hold.obey({ type: 'keep-alive', keepAlive: keepAliveOf('interval', 700) })
        hold.obey({ type: 'send-delayed', message: messageOf('text', '.'), timeoutSeconds: 700 })
      },
      sent: () => socket.sent.map((message) => message.replace('text:', '')).join(''),
      ends: () => socket.ends,
      leave: () => socket.leave(),
    }
  },
  item: socketItem,
})

function messageOf(type: 'text' | 'binary' | 'ping' | 'pong', content: string) {
  return { type, content: Buffer.from(content) }
}

function keepAliveOf(mode: 'idle' | 'interval', timeoutSeconds: number): SocketKeepAliveTerms {
  return { message: messageOf('ping', 'k'), mode, timeoutSeconds }
}

function subscribed(setup?: HoldSetup) {
  const held = holdTestSocket(setup)
  held.subscribe('a')
  return held
}

describe('a held WebSocket', () => {
  it('gets text, binary, pings and pongs as they are published', () => {
    const { hub, clock, socket } = subscribed()
    for (const type of ['text', 'binary', 'ping', 'pong']) hub.deliver(socketItem('p-a', type, { type }))
    clock.settle()
    expect(socket.sent).toEqual(['text:text', 'binary:binary', 'ping:ping', 'pong:pong'])
  })

  it('gets items that wait together in one write', () => {
    const { hub, clock, socket } = subscribed()
    for (const text of ['1', '2', '3']) hub.deliver(socketItem('p-a', text))
    clock.settle()
    expect(socket.writes).toEqual(['text:1;', 'text:2;text:3;'])
  })

  it('gets an item twice that is published to two of its channels', () => {
    const { hub, clock, socket, subscribe } = subscribed()
    subscribe('b')
    for (const channel of ['p-a', 'p-b']) hub.deliver(socketItem(channel, 'x'))
    clock.settle()
    expect(socket.sent).toEqual(['text:x', 'text:x'])
  })

  it('counts as a receiver of what is for WebSockets, and of nothing else', () => {
    const { hub, counters } = subscribed()
    expect([hub.deliver(socketItem('p-a', 'x')), hub.deliver(streamItem('p-a', 'x'))]).toEqual([1, 0])
    expect(counters.deliveries).toBe(1)
  })

  it.each([
    [{ action: 'close', code: 4001, reason: 'bye' }, '4001 bye'],
    [{ action: 'close', code: 0 }, '0'],
    [{ action: 'close', reason: 'bye' }, '1000 bye'],
    [{ action: 'close' }, 'undefined'],
  ])('is closed by %j, its origin first, and gets what came before', (format, closed) => {
    const { hub, clock, socket, context } = subscribed()
    hub.deliver(socketItem('p-a', '1'))
    hub.deliver(socketItem('p-a', '2'))
    hub.deliver(socketActionItem('p-a', format))
    hub.deliver(socketItem('p-a', '3'))
    clock.settle()
    expect([socket.sent, socket.closed]).toEqual([['text:1', 'text:2'], closed])
    expect(context.told).toEqual(['subscribed p-a', 'ending undefined'])
  })

  it('is closed without a code by the close of an item', () => {
    const { hub, socket } = subscribed()
    hub.deliver(closeItem('p-a'))
    expect(socket.closed).toBe('undefined')
  })

  it.each([
    ['refresh', ['refresh']],
    ['hint', []],
  ])('is for its origin to refresh by a published %s', (action, told) => {
    const { hub, context } = subscribed()
    hub.deliver(socketActionItem('p-a', { action }))
    expect(context.told).toEqual(['subscribed p-a', ...told])
  })

  it('is closed with 1001 when the server stops, and its origin is told so', () => {
    const { hold, socket, context, counters } = subscribed()
    hold.shutdown()
    expect([socket.closed, context.told.at(-1), counters.closed.shutdown]).toEqual(['1001', 'ending 1001', 1])
  })

  it('is closed with 1000 when an operator kicks it', () => {
    const { hold, socket, counters } = subscribed()
    hold.kick()
    hold.kick()
    expect([socket.closed, counters.closed.kicked]).toEqual(['1000', 1])
  })

  it('is listed with its channels and meta until it ends', () => {
    const { hold, environment, connection, socket } = subscribed()
    hold.obey({ type: 'set-meta', name: 'user', value: 'ann' })
    expect(connection.holder).toBe(hold)
    expect([hold.channelNames, hold.meta, hold.peerAddress]).toEqual([['p-a'], { user: 'ann' }, '192.0.2.1'])
    socket.leave()
    expect(environment.connections.slots.size).toBe(0)
  })

  it('hands on what its client sends and says', () => {
    const { context, socket } = subscribed()
    socket.receive('text', 'x')
    socket.receive('ping', '')
    socket.receiveClose(4000, 'bye')
    socket.leave()
    expect(context.told.slice(1)).toEqual(['text:x', 'ping:', 'close 4000 bye', 'gone'])
  })

  it('that was closed before it began holds no channels', () => {
    const { environment, hub, context } = holdTestSocket({ context: { implicitChannels: ['own'] } })
    const socket = new FakeClientSocket()
    const before = hub.channelCount
    const connection = openTestConnection(environment.connections, { kind: 'ws' })
    const hold = new SocketHold(environment, { socket, connection }, context)
    hold.close(1000, '')
    hold.begin()
    expect([hold.channelNames, hub.channelCount]).toEqual([[], before])
    expect(socket.owner).toBe(hold)
  })

  it('whose client has sent a Close goes on until its origin answers', () => {
    const { hub, clock, socket, hold } = subscribed()
    socket.receiveClose(1000)
    hub.deliver(socketItem('p-a', 'x'))
    clock.settle()
    hold.close(1000, '')
    expect([socket.sent, socket.closed]).toEqual([['text:x'], '1000'])
  })
})

describe('the channels of a held WebSocket', () => {
  it('have the prefix of the route, and those of the target have none', () => {
    const { hold, subscribe, context } = holdTestSocket({ context: { implicitChannels: ['own'] } })
    subscribe('a')
    expect(hold.channelNames).toEqual(['own', 'p-a'])
    expect(context.told).toEqual(['subscribed own', 'subscribed p-a'])
  })

  it('end when they are unsubscribed, but for those of the target', () => {
    const { hold, hub, subscribe } = holdTestSocket({ context: { implicitChannels: ['p-own'] } })
    for (const channel of ['a', 'b']) subscribe(channel)
    for (const channel of ['a', 'own', 'never']) hold.obey({ type: 'unsubscribe', channel })
    expect([hold.channelNames, hub.channelCount]).toEqual([['p-own', 'p-b'], 2])
  })

  it('are no more than the limit, and what exceeds it is logged', () => {
    const { hold, subscribe, log } = holdTestSocket()
    for (const channel of ['a', 'b', 'c', 'd']) subscribe(channel)
    expect(hold.channelNames).toEqual(['p-a', 'p-b', 'p-c'])
    expect(log.lines).toContain('warn subscribe to p-d ignored: connection_subscription_max is 3')
  })

  it('at the limit can be subscribed anew, for other filters', () => {
    const { hold, subscribe, hub, socket } = holdTestSocket()
    for (const channel of ['a', 'b', 'c']) subscribe(channel)
    hold.obey({ type: 'set-meta', name: 'user', value: 'ann' })
    subscribe('a', { filters: ['skip-self'] })
    hub.deliver(socketItem('p-a', 'x', { meta: { sender: 'ann' } }))
    expect(socket.sent).toEqual([])
  })

  it('with more than 5 filters close the socket; the client is told why where debug is on', () => {
    const closedWith = (debug: boolean) => {
      const { subscribe, socket, context } = holdTestSocket({ context: { debug } })
      subscribe('a', { filters: ['1', '2', '3', '4', '5', '6'] })
      return [socket.closed, ...context.told]
    }
    expect(closedWith(false)).toEqual(['1011', 'ending 1011'])
    expect(closedWith(true)).toEqual(["1011 too many filters for channel 'a'", 'ending 1011'])
  })
})

describe('the filters of a held WebSocket', () => {
  function filtered(...filters: readonly string[]) {
    const held = holdTestSocket({ context: { debug: true } })
    held.hold.obey({ type: 'set-meta', name: 'user', value: 'ann' })
    held.subscribe('a', { filters })
    return held
  }

  it('let through what is for this client, with content that is made for it', () => {
    const { hub, clock, socket } = filtered('skip-self', 'var-subst')
    hub.deliver(socketItem('p-a', 'hi %(user)s', { meta: { sender: 'bob' } }))
    hub.deliver(socketItem('p-a', 'from me', { meta: { sender: 'ann' } }))
    clock.settle()
    expect(socket.sent).toEqual(['text:hi ann'])
  })

  it('can keep a close away', () => {
    const { hub, clock, socket } = filtered('skip-self')
    hub.deliver({ ...socketActionItem('p-a', { action: 'close' }), meta: { sender: 'ann' } })
    clock.settle()
    expect(socket.closed).toBeUndefined()
  })

  it('follow the meta that is set later, and what is taken out', () => {
    const { hold, hub, clock, socket } = filtered('skip-self')
    const deliver = (content: string, sender: string) => {
      hub.deliver(socketItem('p-a', content, { meta: { sender } }))
      clock.settle()
    }
    hold.obey({ type: 'set-meta', name: 'user', value: 'bob' })
    deliver('1', 'bob')
    deliver('2', 'ann')
    hold.obey({ type: 'set-meta', name: 'user', value: undefined })
    deliver('3', 'bob')
    expect(socket.sent).toEqual(['text:2', 'text:3'])
  })

  it('are gone when the channel is subscribed to without them', () => {
    const { subscribe, hub, clock, socket } = filtered('skip-self')
    subscribe('a')
    hub.deliver(socketItem('p-a', '1', { meta: { sender: 'ann' } }))
    clock.settle()
    expect(socket.sent).toEqual(['text:1'])
  })

  it('that are not the ones that the publisher wants close the socket where debug is on', () => {
    const { hub, socket } = filtered('var-subst')
    hub.deliver(socketActionItem('p-a', { content: 'x', 'content-filters': ['build-id'] }))
    expect(socket.closed).toMatch(/^1011 content filter mismatch/)
  })

  it('see the channels by the names of the origin', () => {
    const { subscribe, hub, clock, socket } = filtered('require-sub')
    subscribe('b')
    hub.deliver(socketItem('p-a', '1', { meta: { require_sub: 'b' } }))
    hub.deliver(socketItem('p-a', '2', { meta: { require_sub: 'c' } }))
    clock.settle()
    expect(socket.sent).toEqual(['text:1'])
  })
})

describe('a WebSocket that comes back with a prev-id', () => {
  function behind(hasHistory = true) {
    const held = holdTestSocket({ hub: hasHistory ? { history: createTestHistory() } : {} })
    held.hub.subscribe(holdTestSocket().hold, [{ name: 'p-a', prevId: undefined, filters: [] }])
    for (const number of [1, 2, 3]) held.hub.deliver(chainedSocketItem('p-a', number))
    held.clock.settle()
    return held
  }

  it('is sent at once what it missed, and then what follows', () => {
    const { subscribe, hub, clock, socket } = behind()
    subscribe('a', { prevId: '1' })
    expect(socket.sent).toEqual(['text:2', 'text:3'])
    hub.deliver(chainedSocketItem('p-a', 4))
    clock.settle()
    expect(socket.sent).toEqual(['text:2', 'text:3', 'text:4'])
  })

  it('can do so on a channel that it has, and gets nothing twice after that', () => {
    const { hold, subscribe, hub, clock, socket } = behind()
    subscribe('a')
    subscribe('a', { prevId: '2' })
    hub.deliver(chainedSocketItem('p-a', 4))
    clock.settle()
    expect([hold.channelNames, socket.sent]).toEqual([['p-a'], ['text:3', 'text:4']])
  })

  it('has its origin asked for what is not kept, and gets what comes from then on', () => {
    const { subscribe, hub, clock, socket, context } = behind(false)
    subscribe('a', { prevId: '1' })
    expect(context.told).toEqual(['subscribed p-a', 'refresh'])
    hub.deliver(chainedSocketItem('p-a', 4))
    clock.settle()
    expect(socket.sent).toEqual(['text:4'])
  })

  it('has that logged where the origin cannot be asked', () => {
    const { subscribe, context, log } = behind(false)
    context.canRefresh = false
    subscribe('a', { prevId: '1' })
    expect(log.lines.at(-1)).toBe('debug items of p-a are missing, and the origin cannot be asked')
  })

  it('goes on with what follows on nothing that it has', () => {
    const { subscribe, hub, clock, socket, context } = holdTestSocket()
    subscribe('a', { prevId: '1' })
    hub.deliver(chainedSocketItem('p-a', 2))
    hub.deliver(socketItem('p-a', '7', { id: '7', 'prev-id': '6', 'no-seq': true }))
    hub.deliver(socketItem('p-a', '8', { id: '8', 'prev-id': '7', 'no-seq': true }))
    clock.settle()
    expect(socket.sent).toEqual(['text:2', 'text:7', 'text:8'])
    expect(context.told).toEqual(['subscribed p-a', 'refresh'])
  })
})

describe('a client that does not read', () => {
  it('is closed as too slow by the item that exceeds its bound, and its origin sees it vanish', () => {
    const { hub, socket, context, counters, log } = subscribed()
    socket.bytesQueued = 992
    hub.deliver(socketItem('p-a', '12345'))
    expect([socket.sent, socket.closed, context.told.at(-1)]).toEqual([[], '1013 too slow', 'breaking'])
    expect([counters.closed['slow-client'], counters.socketHolds]).toEqual([1, 0])
    expect(log.lines).toContain(
      'warn closed 192.0.2.1: slow-client: 992 bytes unread, 11 more to send, client_send_buffer is 1000',
    )
  })

  it('is kept as long as the bound is not exceeded, or as it has read everything', () => {
    const { hub, clock, socket } = subscribed()
    socket.bytesQueued = 989
    hub.deliver(socketItem('p-a', '12345'))
    socket.bytesQueued = 0
    hub.deliver(socketItem('p-a', 'x'.repeat(2000)))
    clock.settle()
    expect([socket.sent.length, socket.closed]).toEqual([2, undefined])
  })

  it('is told to its origin, which is to wait until it has read', () => {
    const { hold, socket, context } = subscribed()
    socket.isReading = false
    hold.send('text', Buffer.alloc(65_535))
    expect(hold.isKeepingUp).toBe(true)
    hold.send('text', Buffer.alloc(1))
    expect(hold.isKeepingUp).toBe(false)
    socket.drain()
    expect([hold.isKeepingUp, context.told.at(-1)]).toEqual([true, 'drain'])
  })
})

describe('keep-alives of a held WebSocket', () => {
  afterEach(() => void vi.restoreAllMocks())

  function kept(mode: 'idle' | 'interval') {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const held = subscribed()
    held.hold.obey({ type: 'keep-alive', keepAlive: keepAliveOf(mode, 10) })
    return held
  }

  it('of an interval come whatever is sent', () => {
    const { environment, hub, socket } = kept('interval')
    environment.pass(9000)
    hub.deliver(socketItem('p-a', 'x'))
    environment.pass(1200)
    expect(socket.sent).toEqual(['text:x', 'ping:k'])
  })

  it('of silence count from what was last sent: an item, a message of the origin, a keep-alive', () => {
    const { environment, hub, hold, socket } = kept('idle')
    environment.pass(9000)
    hub.deliver(socketItem('p-a', 'x'))
    environment.pass(9000)
    hold.send('pong', Buffer.from('y'))
    environment.pass(9800)
    expect(socket.sent).toEqual(['text:x', 'pong:y'])
    environment.pass(400)
    environment.pass(10_200)
    expect(socket.sent).toEqual(['text:x', 'pong:y', 'ping:k', 'ping:k'])
  })

  it('go on after one was due while the client had bytes unread', () => {
    const { environment, socket } = kept('idle')
    socket.bytesQueued = 1
    environment.pass(30_000)
    expect(socket.sent).toEqual([])
    socket.drain()
    environment.pass(10_200)
    expect(socket.sent).toEqual(['ping:k'])
  })

  it('are replaced by later ones, and end with those without content', () => {
    const { environment, hold, socket } = kept('interval')
    hold.obey({
      type: 'keep-alive',
      keepAlive: { message: messageOf('text', 'new'), mode: 'interval', timeoutSeconds: 20 },
    })
    environment.pass(20_200)
    expect(socket.sent).toEqual(['text:new'])
    hold.obey({ type: 'keep-alive', keepAlive: undefined })
    environment.pass(60_000)
    expect(socket.sent).toEqual(['text:new'])
  })
})

describe('a delayed message of a held WebSocket', () => {
  const delay = (content: string, timeoutSeconds: number) =>
    ({ type: 'send-delayed', message: messageOf('text', content), timeoutSeconds }) as const

  it('is sent when its time has come', () => {
    const { environment, hold, socket } = subscribed()
    hold.obey(delay('x', 2))
    environment.pass(1900)
    expect(socket.sent).toEqual([])
    environment.pass(200)
    environment.pass(10_000)
    expect(socket.sent).toEqual(['text:x'])
  })

  it('is sent before the next one that is to wait, or when the origin says so, and once', () => {
    const { environment, hold, socket } = subscribed()
    hold.obey({ type: 'flush-delayed' })
    hold.obey(delay('1', 2))
    hold.obey(delay('2', 2))
    expect(socket.sent).toEqual(['text:1'])
    hold.obey({ type: 'flush-delayed' })
    environment.pass(10_000)
    expect(socket.sent).toEqual(['text:1', 'text:2'])
  })
})
