import { describe, expect, it } from 'vitest'
import { type PublishItem, parsePublishItem } from '../../src/grip/publishItem.ts'
import { HoldFilters } from '../../src/hold/holdFilters.ts'
import { StreamHold } from '../../src/hold/streamHold.ts'
import type { FilterFetch } from '../../src/hub/filters/filterNetwork.ts'
import { StartLimiter } from '../../src/hub/filters/startLimiter.ts'
import { chainedItem } from '../hub/chains.ts'
import { pass } from '../hub/filters/support.ts'
import { createTestHub, RecordingHold, requestsOf } from '../hub/support.ts'
import { FakeStream } from '../support/fakeClient.ts'
import { streamItem } from '../support/items.ts'
import { clientOf, createTestEnvironment, instructOf, originOf } from './support.ts'

/** Item `number`, written for a filter that the hold does not have: it fails there. */
function misfit(number: number): PublishItem {
  const { id, prevId } = chainedItem('a', number)
  const format = { content: 'misfit', 'content-filters': ['var-subst'] }
  return parsePublishItem({ channel: 'a', id, 'prev-id': prevId, formats: { 'http-stream': format } })
}

/** Delivers items in one batch to a stream with a filter, which has the items up to 1 where it follows the chain. */
function deliverTogether(items: readonly PublishItem[], options: { isChained?: boolean; debug?: boolean }) {
  const environment = createTestEnvironment()
  const stream = new FakeStream()
  const prevId = options.isChained ? '1' : undefined
  const channels = [{ name: 'a', prevId, filters: ['skip-self'] }, ...requestsOf('busy')]
  const origin = originOf({ debug: options.debug ?? false })
  new StreamHold(environment, clientOf(stream)).begin(instructOf({ channels }), origin)
  const { hub, clock, counters } = environment
  // Keeps the fan-out busy, so that the others make one batch.
  hub.deliver(streamItem('busy', ''))
  for (const item of items) hub.deliver(item)
  clock.settle()
  return { stream, hub, counters }
}

describe('an item whose filter fails', () => {
  const items = [chainedItem('a', 2), misfit(3), chainedItem('a', 4)]

  it('is skipped by a stream that follows no chain', () => {
    const { stream, counters } = deliverTogether(items, {})
    expect([stream.text, stream.ending]).toEqual(['24', undefined])
    expect(counters.dropped['filter-error']).toBe(1)
  })

  it('ends a stream that follows the chain and has no link, after what came before it', () => {
    const { stream, hub, counters } = deliverTogether(items, { isChained: true })
    expect([stream.text, stream.ending, stream.ends]).toEqual(['2', 'end', 1])
    expect([counters.closed['missed-items'], hub.channelCount]).toEqual([1, 0])
  })

  it.each([false, true])('is told to a client in debug mode (chained: %s), which is the end', (isChained) => {
    const { stream, hub } = deliverTogether(items, { isChained, debug: true })
    expect(stream.text).toMatch(/^2\n\ncontent filter mismatch: [^\n]+\n$/)
    expect([stream.ending, stream.ends, hub.channelCount]).toEqual(['end', 1, 0])
  })
})

describe('an item that waits for the answer of a filter', () => {
  it('is not delivered when one before it failed, which a hold of the chain lacks now', async () => {
    const { hub, clock, log, counters } = createTestHub()
    const asked: string[] = []
    const hold = new RecordingHold()
    const channels = [{ name: 'a', prevId: '1', filters: ['http-check'] }, ...requestsOf('busy')]
    const { subscriptions } = hub.subscribe(hold, channels)
    const fetch: FilterFetch = async ({ url }) => {
      asked.push(url)
      return { status: 200, headers: [], body: Buffer.alloc(0) }
    }
    const network = { fetch, limiter: new StartLimiter(clock), clock, baseUrl: 'http://origin.test/' }
    HoldFilters.attach(
      { subscriptions, channels },
      {
        meta: { url: '/check' },
        prefix: '',
        network: (signal) => ({ ...network, signal }),
        log,
        counters,
        subscriptions: () => subscriptions,
        onFault: () => {},
      },
    )
    // Keeps the fan-out busy, so that the others make one batch.
    hub.deliver(streamItem('busy', ''))
    for (const item of [chainedItem('a', 2), misfit(3), chainedItem('a', 4)]) hub.deliver(item)
    await pass(clock, 100)
    expect(asked).toEqual(['http://origin.test/check'])
    expect([hold.received, hold.misses]).toEqual([['', '2'], 1])
    expect(subscriptions[0]!.prevId).toBe('2')
  })
})
