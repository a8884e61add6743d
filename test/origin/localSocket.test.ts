import { afterEach, describe, expect, it, vi } from 'vitest'
import type { LocalAcceptance, OriginSocketSink } from '../../src/edges/originSocket.ts'
import type { MessageSocket } from '../../src/edges/socket.ts'
import { createLocalOrigin } from '../../src/origin/localOrigin.ts'
import { createSocketPair } from '../../src/origin/localSocket.ts'
import type { LocalAnswer } from '../../src/util/localAnswer.ts'
import { RecordingOwner } from '../support/recordingOwner.ts'
import { eventually } from '../support/waiting.ts'
import { targetAt } from './passthroughFront.ts'
import { requestFor } from './recordingSink.ts'
import { RecordingSocketSink } from './webSocket/support.ts'

describe('a WebSocket within the process', () => {
  it('carries messages in order, and never within the call that sends', async () => {
    const { one, owners } = pair()
    one.send('text', Buffer.from('a'))
    one.send('ping', Buffer.from('b'))
    one.send('binary', Buffer.from([1]))
    expect(owners[1].heard).toEqual([])
    expect(one.bytesQueued).toBe(3)
    await owners[1].hears('text a', 'ping b', 'binary 01')
    expect(one.bytesQueued).toBe(0)
    expect(owners[0].heard).toEqual(['drain'])
  })

  it('keeps messages for an owner that comes later, or that is paused', async () => {
    const [one, other] = createSocketPair()
    one.send('text', Buffer.from('a'))
    const owner = new RecordingOwner()
    other.pause()
    other.owner = owner
    await turn()
    expect(owner.heard).toEqual([])
    expect(one.bytesQueued).toBe(1)
    other.resume()
    await owner.hears('text a')
  })

  it.each([
    [4000, 'why', 'close 4000 why'],
    [0, '', 'close 1000'],
    [undefined, '', 'close undefined'],
  ])('is closed with %s by one end and answered by the other', async (code, reason, heard) => {
    const { one, other, owners } = pair()
    one.send('text', Buffer.from('last'))
    one.close(code, reason)
    one.send('text', Buffer.from('too late'))
    await owners[1].hears('text last', heard)
    expect(owners[0].received).toEqual([])
    other.close(1001, '')
    await owners[0].hears('close 1001', 'gone')
    await owners[1].hears('text last', heard, 'gone')
    expect([owners[0].fault, owners[1].fault]).toEqual([undefined, undefined])
  })

  it('that one end destroys is gone for both, a fault for the other', async () => {
    const { one, other, owners } = pair()
    one.send('text', Buffer.from('last'))
    other.send('text', Buffer.from('unread'))
    one.destroy()
    one.destroy()
    await owners[0].hears('gone')
    await owners[1].hears('text last', 'gone')
    expect(owners[0].fault).toBeUndefined()
    expect(owners[1].fault?.code).toBe('SOCKET_BROKEN')
  })

  describe('whose Close is not answered', () => {
    afterEach(() => void vi.useRealTimers())

    it('is gone after ten seconds', () => {
      vi.useFakeTimers()
      const { one, owners } = pair()
      one.close(1000, '')
      vi.advanceTimersByTime(9_999)
      expect(owners[0].received).toEqual([])
      vi.advanceTimersByTime(2)
      expect(owners[0].received).toEqual(['gone'])
      expect(owners[0].fault?.message).toContain('a Close was not answered')
      expect(owners[1].received).toEqual(['close 1000', 'gone'])
    })
  })
})

describe('a handshake with an origin of this process', () => {
  it('is accepted by its function, which gets the other end', async () => {
    const { owner, head } = await opened(() => ({
      headers: ['Sec-WebSocket-Extensions', 'grip'],
      onOpen: (socket: MessageSocket) => socket.send('text', Buffer.from('hi')),
    }))
    expect(head).toEqual({
      status: 101,
      reason: 'Switching Protocols',
      headers: ['Sec-WebSocket-Extensions', 'grip'],
    })
    await owner.hears('text hi')
  })

  it('is refused by its function', async () => {
    const sink = await opened(async () => ({ status: 403, headers: ['A', 'b'], body: 'no' }))
    expect(sink.head).toEqual({ status: 403, reason: 'Forbidden', headers: ['A', 'b'] })
    expect(sink.body).toBe('no')
  })

  it('is answered as the GET that it is where there is no function for it', async () => {
    const sink = new RecordingSocketSink()
    const origin = createLocalOrigin(({ method, path }) => ({
      status: 200,
      headers: [],
      body: method + path,
    }))
    origin.openSocket(targetAt(1), requestFor('/x'), sink)
    await sink.settled()
    expect(sink.head?.status).toBe(200)
    expect(sink.body).toBe('GET/x')
  })

  it('fails when the function throws', async () => {
    const sink = await opened(() => {
      throw new Error('oops')
    })
    expect(sink.error?.code).toBe('ORIGIN_BROKEN')
    expect(sink.calls).toBe(1)
  })

  it('that is given up tells nothing', async () => {
    const sink = new RecordingSocketSink()
    let isAsked = false
    const opening = open(() => {
      isAsked = true
      return { headers: [], onOpen: () => {} }
    }, sink)
    opening.abort()
    await eventually('the question', () => isAsked)
    await turn()
    expect(sink.calls).toBe(0)
  })
})

type Accept = () => LocalAnswer | LocalAcceptance | Promise<LocalAnswer>

function open(accept: Accept, sink: OriginSocketSink) {
  const answer = () => ({ status: 500, headers: [], body: '' })
  return createLocalOrigin(answer, accept).openSocket(targetAt(1), requestFor('/ws'), sink)
}

async function opened(accept: Accept): Promise<RecordingSocketSink> {
  const sink = new RecordingSocketSink()
  open(accept, sink)
  expect(sink.calls).toBe(0)
  await sink.settled()
  return sink
}

function pair() {
  const [one, other] = createSocketPair()
  const owners = [new RecordingOwner(), new RecordingOwner()] as const
  one.owner = owners[0]
  other.owner = owners[1]
  return { one, other, owners }
}

/** Lets what is due happen. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
