import { describe, expect, it } from 'vitest'
import type { Origin, OriginRequest, OriginResponseSink } from '../../../src/edges/origin.ts'
import { HoldfastError } from '../../../src/errors.ts'
import { readRelayed, relayToOwner } from '../../../src/proxy/sockJs/relayToOwner.ts'
import { FakeResponse } from '../../support/fakeClient.ts'
import { fakeRequest } from '../support.ts'

/** Keeps what it is asked, and lets the test answer. */
class FakeOwner implements Origin {
  asked!: OriginRequest
  sink!: OriginResponseSink
  isAborted = false

  request(_target: unknown, asked: OriginRequest, sink: OriginResponseSink) {
    this.asked = asked
    this.sink = sink
    const abort = (): void => {
      this.isAborted = true
    }
    return { resume: () => {}, abort }
  }

  async close(): Promise<void> {}
}

const HEADERS = [
  'Cookie',
  'a=b',
  'Connection',
  'close, X-Own',
  'X-Own',
  '1',
  'Holdfast-Client',
  'https 6.6.6.6',
]

function relayed() {
  const owner = new FakeOwner()
  const response = new FakeResponse()
  const failures: number[] = []
  const request = fakeRequest({
    method: 'GET',
    target: '/sock/0/id/eventsource?x=%20',
    headers: HEADERS,
    secure: true,
    peerAddress: '192.0.2.7',
  })
  relayToOwner(owner, {
    request,
    response,
    body: Buffer.alloc(0),
    onFailure: ({ status }) => failures.push(status),
  })
  return { owner, response, request, failures }
}

describe('a request for a WebSocket that another process has', () => {
  it('goes there as it came, less the fields of its hop', () => {
    const { owner } = relayed()
    expect(owner.asked).toMatchObject({
      method: 'GET',
      path: '/sock/0/id/eventsource?x=%20',
      body: undefined,
    })
    expect(owner.asked.headers).toEqual(['Cookie', 'a=b', 'Holdfast-Client', 'https 192.0.2.7'])
  })

  it('is there the request of its client', () => {
    const { owner, request } = relayed()
    const { path: target, method, headers, authority } = owner.asked
    const handed = fakeRequest({ method, target, headers, authority, secure: false, peerAddress: '' })
    expect(readRelayed(handed)).toMatchObject({
      target: request.target,
      authority: request.authority,
      headers: ['Cookie', 'a=b'],
      secure: true,
      peerAddress: '192.0.2.7',
    })
  })

  it('is answered as that process answers', () => {
    const { owner, response, failures } = relayed()
    owner.sink.onHead({ status: 200, reason: 'OK', headers: ['Content-Type', 'text/event-stream'] })
    owner.sink.onData(Buffer.from('data: o'))
    expect([response.sentHead!.status, response.body, response.state]).toEqual([200, 'data: o', 'open'])
    owner.sink.onEnd()
    expect([response.state, failures]).toEqual(['ended', []])
  })

  it('is broken off there when the client breaks it off', () => {
    const { owner, response } = relayed()
    response.onClose?.()
    expect(owner.isAborted).toBe(true)
  })

  it('is answered 502 when that process cannot be reached', () => {
    const { owner, response, failures } = relayed()
    owner.sink.onError(new HoldfastError('ORIGIN_UNREACHABLE', 'gone'))
    expect([response.sentHead!.status, failures]).toEqual([502, [502]])
  })
})
