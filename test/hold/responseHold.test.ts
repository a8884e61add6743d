import { describe, expect, it } from 'vitest'
import type { Instruct } from '../../src/grip/instruct.ts'
import { parsePublishItem } from '../../src/grip/publishItem.ts'
import { ResponseHold } from '../../src/hold/responseHold.ts'
import { describeHold } from '../contracts/holdContract.ts'
import { requestsOf } from '../hub/support.ts'
import { FakeResponse } from '../support/fakeClient.ts'
import { closeItem, responseItem, streamItem } from '../support/items.ts'
import { createTestEnvironment, instructOf, requestOf, TICK_MS } from './support.ts'

function longPoll(response: Partial<Instruct['response']> = {}, timeoutSeconds = 20): Instruct {
  const own = { ...instructOf().response, ...response }
  return instructOf({ holdMode: 'response', timeoutSeconds, response: own })
}

describeHold('ResponseHold', {
  create: (environment) => {
    const response = new FakeResponse()
    const hold = new ResponseHold(environment, requestOf(response), longPoll())
    return {
      hold,
      subscribe: (channels) => hold.subscribe(requestsOf(...channels)),
      sent: () => response.body,
      ends: () => Number(response.state === 'ended'),
      leave: () => response.leave(),
    }
  },
  item: responseItem,
})

function begin(own: Partial<Instruct['response']> = {}, timeoutSeconds?: number) {
  const environment = createTestEnvironment()
  const response = new FakeResponse()
  const hold = new ResponseHold(environment, requestOf(response), longPoll(own, timeoutSeconds))
  hold.subscribe(requestsOf('a'))
  return { environment, response, hub: environment.hub, clock: environment.clock }
}

describe('a long poll', () => {
  it('is answered by the first item, with its own headers where the item has none', () => {
    const { response, hub, clock } = begin({ headers: ['Content-Type', 'text/plain', 'X-Own', '1'] })
    hub.deliver(
      responseItem('a', 'one', { code: 201, reason: 'Done', headers: { 'content-type': 'text/html' } }),
    )
    hub.deliver(responseItem('a', 'two'))
    clock.settle()
    expect(response.sentHead).toEqual({
      status: 201,
      reason: 'Done',
      headers: ['X-Own', '1', 'content-type', 'text/html', 'Content-Length', '3'],
    })
    expect([response.body, response.isClosing]).toEqual(['one', false])
  })

  it('is answered with its own response when the time is up, and not before', () => {
    const own = { status: 404, reason: 'Nothing', headers: ['X-Own', '1'], body: Buffer.from('none') }
    const { environment, response } = begin(own, 20)
    environment.pass(20_000 - TICK_MS)
    expect(response.state).toBe('open')
    environment.pass(2 * TICK_MS)
    expect(response.sentHead).toEqual({
      status: 404,
      reason: 'Nothing',
      headers: ['X-Own', '1', 'Content-Length', '4'],
    })
    expect([response.body, response.isClosing]).toEqual(['none', false])
  })

  it('is answered with its own response and the end of the connection by a close item', () => {
    const { response, hub } = begin({ body: Buffer.from('own') })
    hub.deliver(closeItem('a'))
    expect([response.body, response.isClosing, response.state]).toEqual(['own', true, 'ended'])
  })

  it.each([
    ['content for streams', { 'http-stream': { content: 'x' } }],
    ['the end of streams', { 'http-stream': { action: 'close' } }],
  ])('goes on waiting after %s', (_, formats) => {
    const { response, hub, clock } = begin()
    hub.deliver(parsePublishItem({ channel: 'a', formats }))
    clock.settle()
    expect(response.state).toBe('open')
    hub.deliver(responseItem('a', 'x'))
    expect(response.body).toBe('x')
  })

  it.each([
    ['for long polls', { formats: { 'http-response': { action: 'hint' } } }],
    ['for all holds', { action: 'hint' }],
  ])('leaves the hub and asks its origin again at a hint %s, and once', (_, more) => {
    const environment = createTestEnvironment()
    const response = new FakeResponse()
    const retries: unknown[] = []
    const request = requestOf(response, { retry: (lastIds) => retries.push(lastIds) })
    new ResponseHold(environment, request, longPoll()).subscribe(requestsOf('a'))
    for (let i = 0; i < 2; i++) environment.hub.deliver(parsePublishItem({ channel: 'a', ...more }))
    environment.pass(60_000)
    expect(retries).toEqual([[]])
    expect([environment.hub.channelCount, environment.counters.responseHolds]).toEqual([0, 0])
    expect(response.state).toBe('open')
  })

  it('takes the first item that answers out of a batch', () => {
    const { environment, response, hub, clock } = begin()
    const busy = new FakeResponse()
    new ResponseHold(environment, requestOf(busy), longPoll()).subscribe(requestsOf('busy'))
    hub.deliver(responseItem('busy', 'x'))
    hub.deliver(streamItem('a', 'not for it'))
    hub.deliver(responseItem('a', 'first'))
    hub.deliver(responseItem('a', 'second'))
    clock.settle()
    expect(response.body).toBe('first')
  })

  it.each([204, 304])('answered with %d has neither body nor Content-Length', (code) => {
    const { response, hub } = begin()
    hub.deliver(responseItem('a', 'ignored', { code }))
    expect(response.sentHead?.status).toBe(code)
    expect(response.sentHead?.headers).toEqual([])
  })

  it('of 204 as its own response has no Content-Length at the timeout', () => {
    const { environment, response } = begin({ status: 204, reason: 'No Content' }, 20)
    environment.pass(21_000)
    expect(response.sentHead?.headers).toEqual([])
  })

  it('does not show the fields that only a proxy may see', () => {
    const { response, hub } = begin()
    const headers = {
      'Grip-Hold': 'x',
      Connection: 'X-Drop',
      'X-Drop': '1',
      'Content-Length': '99',
      'X-Keep': '1',
    }
    hub.deliver(responseItem('a', 'x', { headers }))
    expect(response.sentHead?.headers).toEqual(['X-Keep', '1', 'Content-Length', '1'])
  })
})
