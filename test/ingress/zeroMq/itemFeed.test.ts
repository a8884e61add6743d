import { afterEach, describe, expect, it, vi } from 'vitest'
import { HoldfastError } from '../../../src/errors.ts'
import { ItemFeed } from '../../../src/ingress/zeroMq/itemFeed.ts'
import { parsePullMessage } from '../../../src/ingress/zeroMq/itemMessage.ts'
import { createCounters } from '../../../src/stats/counters.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { FakeBus } from '../support.ts'
import { FakeItemSocket } from './support.ts'

const RETRY_MS = 250
const MAX_BATCH = 512

afterEach(() => {
  vi.useRealTimers()
})

/** A feed with everything around it. */
function startFeed() {
  const socket = new FakeItemSocket()
  const bus = new FakeBus()
  const clock = new FakeClock()
  const log = new LinesLog()
  const counts = createCounters().received.pull
  const form = { name: 'IN pull', parse: parsePullMessage }
  const feed = new ItemFeed(socket, form, { bus, clock, log, counts })
  return { socket, bus, clock, log, counts, feed }
}

const message = (channel: string) => [`J${JSON.stringify({ channel, 'http-stream': { content: '' } })}`]
const messages = (count: number) => Array.from({ length: count }, (_, i) => message(`c${i}`))
const names = (count: number) => messages(count).map((_, i) => `c${i}`)
const sizes = (bus: FakeBus) => bus.batches.map((batch) => batch.length)

/** Lets everything that waits for nothing but its turn go on. */
async function settle(clock: FakeClock): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.turn()
  }
  await new Promise((resolve) => setImmediate(resolve))
}

const unavailable = new HoldfastError('BUS_UNAVAILABLE', 'the bus is away')

describe('items that come by ZeroMQ', () => {
  it('are published together when they are there together, in their order', async () => {
    const { socket, bus, clock, counts } = startFeed()
    socket.put(...messages(20))
    await settle(clock)
    expect(sizes(bus)).toEqual([20])
    expect(bus.channels).toEqual(names(20))
    expect(counts).toEqual({ accepted: 20, invalid: 0, unavailable: 0 })
  })

  it('are published in calls of 512 at most', async () => {
    const { socket, bus, clock } = startFeed()
    socket.put(...messages(1200))
    await settle(clock)
    expect(Math.max(...sizes(bus))).toBe(MAX_BATCH)
    expect(bus.channels).toEqual(names(1200))
  })

  it('stay in the queue of their socket while the bus is slow, but for two calls of them at most', async () => {
    const { socket, bus, clock } = startFeed()
    bus.isHeld = true
    socket.put(...messages(3000))
    await settle(clock)
    expect(sizes(bus)).toEqual([MAX_BATCH])
    expect(socket.unread).toBeGreaterThanOrEqual(3000 - 2 * MAX_BATCH)
    bus.releaseBackwards()
    await settle(clock)
    expect(bus.channels).toEqual(names(3000))
  })

  it('wait while the bus is down, and lose neither their order nor one of them', async () => {
    const { socket, bus, clock, log, counts } = startFeed()
    bus.failure = unavailable
    socket.put(message('c0'))
    await settle(clock)
    socket.put(message('c1'), message('c2'))
    await settle(clock)
    clock.advance(4 * RETRY_MS)
    await settle(clock)
    expect(bus.batches).toEqual([])
    // The wait for the next message had begun; what came by it is read, and no more.
    expect(socket.unread).toBe(1)
    expect(log.lines).toEqual(['warn IN pull: not reading: the bus is away'])
    bus.failure = undefined
    clock.advance(RETRY_MS)
    await settle(clock)
    expect(bus.channels).toEqual(['c0', 'c1', 'c2'])
    expect(log.lines.slice(1)).toEqual(['info IN pull: reading again'])
    expect(counts).toEqual({ accepted: 3, invalid: 0, unavailable: 0 })
  })

  it('that are too large for the bus are refused alone, with a warning, and the others of their batch are published', async () => {
    const { socket, bus, clock, log, counts } = startFeed()
    socket.put(message('c0'), message('large'), message('c1'))
    await settle(clock)
    expect(bus.batches.map((batch) => batch.map(({ channel }) => channel))).toEqual([['c0', 'c1']])
    expect(log.lines).toEqual(['warn IN pull: an item of channel "large" has 9 bytes, skipping'])
    expect(counts).toEqual({ accepted: 2, invalid: 1, unavailable: 0 })
  })

  it('are given up with a line in the log when the bus fails in another way', async () => {
    const { socket, bus, clock, log, counts } = startFeed()
    bus.failure = new Error('broken')
    socket.put(message('a'))
    await settle(clock)
    bus.failure = undefined
    socket.put(message('b'))
    await settle(clock)
    expect(bus.channels).toEqual(['b'])
    expect(log.lines).toEqual(['error IN pull: 1 items are lost: broken'])
    expect(counts).toEqual({ accepted: 1, invalid: 0, unavailable: 1 })
  })

  it('that cannot be used are counted, and told ten at a time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { socket, clock, log, counts, feed } = startFeed()
    socket.put(...Array.from({ length: 25 }, () => ['rubbish']))
    await settle(clock)
    const line = 'warn IN pull: received message with invalid format (tnetstring parse failed), skipping'
    expect(log.lines).toEqual(Array.from({ length: 10 }, () => line))
    expect(counts.invalid).toBe(25)
    vi.advanceTimersByTime(10_000)
    socket.put(['x', 'y'])
    await settle(clock)
    expect(log.lines.slice(10)).toEqual([
      'warn IN pull: skipped 15 more messages, not logged one by one',
      'warn IN pull: received message with parts != 1, skipping',
    ])
    await feed.close()
  })

  it('do not stop when a program fault keeps one from being read', async () => {
    const { bus, clock, log, counts } = startFeed()
    const socket = new FakeItemSocket()
    let isFirst = true
    const parse = (parts: readonly Buffer[]) => {
      if (!isFirst) return parsePullMessage(parts)
      isFirst = false
      throw new TypeError('fault')
    }
    new ItemFeed(socket, { name: 'IN pull', parse }, { bus, clock, log, counts })
    socket.put(message('a'), message('b'))
    await settle(clock)
    expect(bus.channels).toEqual(['b'])
    expect(log.lines).toEqual(['error IN pull: a message could not be read'])
  })
})

describe('closing', () => {
  it('publishes what was read', async () => {
    const { socket, bus, feed } = startFeed()
    socket.put(...messages(3))
    await Promise.resolve()
    await feed.close()
    expect(socket.closed).toBe(true)
    expect(bus.channels).toEqual(names(bus.channels.length))
    expect(bus.channels.length + socket.unread).toBe(3)
  })

  it('does not wait for a bus that is down, and says what is lost', async () => {
    const { socket, bus, clock, log, feed } = startFeed()
    bus.failure = unavailable
    socket.put(...messages(2))
    await settle(clock)
    const closed = feed.close()
    clock.advance(RETRY_MS)
    await closed
    expect(log.lines.at(-1)).toBe('error IN pull: 2 items are lost: the bus is away')
  })
})

describe('a socket that fails', () => {
  it('is told in the log', async () => {
    const { socket, clock, log } = startFeed()
    socket.fail('Context was terminated')
    await settle(clock)
    expect(log.lines).toEqual(['error IN pull: cannot be read any more'])
  })
})
