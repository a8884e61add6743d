import { describe, expect, it } from 'vitest'
import { parsePublishItem } from '../../../src/grip/publishItem.ts'
import type { Subscription } from '../../../src/hub/hold.ts'
import { describePublishBus } from '../../contracts/publishBusContract.ts'
import { RecordingHold } from '../../hub/support.ts'
import { streamItem } from '../../support/items.ts'
import { eventually } from '../../support/waiting.ts'
import { TestPrimary, type TestWorker } from './workerPair.ts'

describePublishBus('RelayBus, seen from the primary', () => {
  const primary = new TestPrimary()
  const { hub, link, clock } = primary.addWorker()
  const bus = { isUp: true, publish: primary.bus.publish.bind(primary.bus), close: () => link.close() }
  return { bus, hub, feed: link, settle: () => clock.settle() }
})

describePublishBus('PrimaryLink, seen from a worker', () => {
  const worker = new TestPrimary().addWorker()
  return { bus: worker.link, hub: worker.hub, feed: worker.link, settle: () => worker.clock.settle() }
})

function subscribe(worker: TestWorker, channel: string, prevId?: string): Promise<Held> {
  const hold = new RecordingHold()
  return new Promise((resolve) => {
    worker.link.open([channel], () => {
      const requests = [{ name: channel, prevId, filters: [] }]
      const isBehind = worker.hub.isBehind(requests)
      resolve({ hold, isBehind, ...worker.hub.subscribe(hold, requests) })
    })
  })
}

interface Held {
  readonly hold: RecordingHold
  readonly isBehind: boolean
  readonly subscriptions: readonly Subscription[]
  readonly missed: readonly { readonly batch: { readonly items: readonly { id: string | undefined }[] } }[]
}

function linked(channel: string, number: number) {
  return parsePublishItem({
    channel,
    id: String(number),
    'prev-id': String(number - 1),
    formats: { 'http-stream': { content: String(number) } },
  })
}

describe('workers', () => {
  it('an item reaches the holds of all workers that hold its channel, and the answer is their sum', async () => {
    const primary = new TestPrimary()
    const workers = [primary.addWorker(), primary.addWorker(), primary.addWorker()]
    const held = await Promise.all([0, 1, 1].map((i) => subscribe(workers[i]!, 'a')))
    expect(await primary.bus.publish([streamItem('a', 'x'), streamItem('b', 'y')])).toEqual([
      { holds: 3 },
      { holds: 0 },
    ])
    expect(held.map(({ hold }) => hold.received)).toEqual([['x'], ['x'], ['x']])
  })

  it('a repetition is dropped once for all workers', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    const { hold } = await subscribe(worker, 'a')
    for (let i = 0; i < 2; i++) await primary.bus.publish([linked('a', 1)])
    expect(hold.received).toEqual(['1'])
  })

  it('a late item is put into its place before it goes to the workers', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    const { hold } = await subscribe(worker, 'a')
    await primary.bus.publish([linked('a', 1), linked('a', 3), linked('a', 2)])
    await worker.clock.settle()
    expect(hold.received).toEqual(['1', '2', '3'])
  })

  it('an item whose predecessor never came goes out when its time is up', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    const { hold } = await subscribe(worker, 'a')
    await primary.bus.publish([linked('a', 1), linked('a', 3)])
    primary.clock.advance(2000)
    primary.relay.tick(primary.clock.now())
    await eventually('the late item', async () => {
      await worker.clock.settle()
      return hold.received.length === 2
    })
    expect(hold.received).toEqual(['1', '3'])
  })

  it('a hold that begins with a prev-id gets what it missed while no worker held the channel', async () => {
    const primary = new TestPrimary()
    await primary.bus.publish([linked('a', 1), linked('a', 2), linked('a', 3)])
    const { isBehind, missed } = await subscribe(primary.addWorker(), 'a', '1')
    expect(isBehind).toBe(false)
    expect(missed.flatMap(({ batch }) => batch.items.map(({ id }) => id))).toEqual(['2', '3'])
  })

  it('a hold whose prev-id nobody knows is behind, so that its origin is asked', async () => {
    const primary = new TestPrimary()
    await primary.bus.publish([linked('a', 8), linked('a', 9)])
    expect((await subscribe(primary.addWorker(), 'a', '3')).isBehind).toBe(true)
  })

  it('a channel that is held no more costs nothing, and is taken up again with what came meanwhile', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    const { subscriptions } = await subscribe(worker, 'a', '0')
    await primary.bus.publish([linked('a', 1)])
    worker.hub.unsubscribe(subscriptions)
    await eventually('the primary closes the channel', () => primary.relay.channelCount === 0)
    await primary.bus.publish([linked('a', 2)])
    const { missed } = await subscribe(worker, 'a', '1')
    expect(missed.flatMap(({ batch }) => batch.items.map(({ id }) => id))).toEqual(['2'])
  })

  it('a channel that is opened and not subscribed to is given back', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    await worker.open('a')
    await eventually('the primary closes the channel', () => primary.relay.channelCount === 0)
  })

  it('two that ask for a channel at once are both told, and share it', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    const held = await Promise.all([subscribe(worker, 'a'), subscribe(worker, 'a')])
    expect(await primary.bus.publish([streamItem('a', 'x')])).toEqual([{ holds: 2 }])
    expect(held.map(({ hold }) => hold.received)).toEqual([['x'], ['x']])
  })

  it('a worker that dies takes only its own holds along, and no publisher waits for it', async () => {
    const primary = new TestPrimary()
    const [first, second] = [primary.addWorker(), primary.addWorker()]
    const [, kept] = await Promise.all([subscribe(first, 'a'), subscribe(second, 'a')])
    const outcome = primary.bus.publish([streamItem('a', 'x')])
    await first.link.close()
    expect((await outcome)[0]?.holds).toBeGreaterThanOrEqual(1)
    await eventually('the primary notices', () => first.isWorkerGone)
    expect(await primary.bus.publish([streamItem('a', 'y')])).toEqual([{ holds: 1 }])
    await second.clock.settle()
    expect(kept!.hold.received).toEqual(['x', 'y'])
  })

  it('recover reaches every hold', async () => {
    const primary = new TestPrimary()
    const workers = [primary.addWorker(), primary.addWorker()]
    const held = await Promise.all(workers.map((worker) => subscribe(worker, 'a')))
    primary.relay.recover()
    await eventually('all holds update', () => held.every(({ hold }) => hold.updates === 1))
  })

  it('a question is answered by its worker, also with what failed', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    worker.link.answerBy(async (question, argument) => {
      if (question === 'fail') throw new Error('no')
      return { question, argument }
    })
    expect(await worker.workerLink.ask('q', [1])).toEqual({ question: 'q', argument: [1] })
    await expect(worker.workerLink.ask('fail')).rejects.toThrow('no')
  })

  it('a question to a worker that dies fails', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    worker.link.answerBy(() => new Promise(() => {}))
    const answer = worker.workerLink.ask('q')
    await worker.link.close()
    await expect(answer).rejects.toMatchObject({ code: 'WORKER_GONE' })
  })

  it('20,000 items arrive whole and in order', async () => {
    const primary = new TestPrimary()
    const worker = primary.addWorker()
    const { hold } = await subscribe(worker, 'a')
    for (let i = 0; i < 20; i++) {
      await primary.bus.publish(Array.from({ length: 1000 }, (_, k) => streamItem('a', String(i * 1000 + k))))
    }
    await worker.clock.settle()
    expect(hold.received).toHaveLength(20_000)
    expect(hold.received.every((text, i) => text === String(i))).toBe(true)
  })
})
