import { describe, expect, it } from 'vitest'
import { TimerWheel, WheelNode, type WheelOwner } from '../../src/util/timerWheel.ts'

const TICK_MS = 10
const SLOTS = 8
const ROUND_MS = TICK_MS * SLOTS

function createWheel(nowMs = 0): TimerWheel {
  return new TimerWheel({ tickMs: TICK_MS, slotCount: SLOTS, nowMs })
}

/** A node that notes when it fired. */
function probe(onDue: (nowMs: number) => void = () => {}): { node: WheelNode; fired: number[] } {
  const fired: number[] = []
  const owner: WheelOwner = {
    onDue: (nowMs) => {
      fired.push(nowMs)
      onDue(nowMs)
    },
  }
  return { node: new WheelNode(owner), fired }
}

describe('a node on the wheel', () => {
  it('fires once, at its moment and not before', () => {
    const wheel = createWheel()
    const { node, fired } = probe()
    wheel.schedule(node, 30)
    wheel.advance(29)
    expect(fired).toEqual([])
    expect(node.isScheduled).toBe(true)
    wheel.advance(30)
    wheel.advance(500)
    expect(fired).toEqual([30])
    expect(node.isScheduled).toBe(false)
  })

  it('fires at the end of the tick that its moment is in', () => {
    const wheel = createWheel()
    const { node, fired } = probe()
    wheel.schedule(node, 31)
    for (const now of [31, 35, 39]) wheel.advance(now)
    expect(fired).toEqual([])
    wheel.advance(40)
    expect(fired).toEqual([40])
  })

  it.each([-1000, 0, 99])('fires in the next tick when its moment, %d, has passed', (dueMs) => {
    const wheel = createWheel(100)
    const { node, fired } = probe()
    wheel.schedule(node, dueMs)
    wheel.advance(100)
    expect(fired).toEqual([])
    wheel.advance(110)
    expect(fired).toEqual([110])
  })

  it('waits for its own round when its delay is several rounds long', () => {
    const wheel = createWheel()
    const { node, fired } = probe()
    wheel.schedule(node, 5 * ROUND_MS + 20)
    for (let now = 0; now < 5 * ROUND_MS + 20; now += TICK_MS) wheel.advance(now)
    expect(fired).toEqual([])
    wheel.advance(5 * ROUND_MS + 20)
    expect(fired).toEqual([5 * ROUND_MS + 20])
  })

  it('forgets its first moment when it is scheduled anew', () => {
    const wheel = createWheel()
    const { node, fired } = probe()
    wheel.schedule(node, 20)
    wheel.schedule(node, 50)
    wheel.advance(40)
    expect(fired).toEqual([])
    wheel.advance(50)
    expect(fired).toEqual([50])
  })

  it('does not fire once cancelled, however often', () => {
    const wheel = createWheel()
    const { node, fired } = probe()
    wheel.schedule(node, 20)
    wheel.cancel(node)
    wheel.cancel(node)
    wheel.advance(1000)
    expect(fired).toEqual([])
    wheel.schedule(node, 1020)
    wheel.advance(1020)
    expect(fired).toEqual([1020])
  })
})

describe('a jump of the clock', () => {
  it('fires everything that became due, once, and nothing else', () => {
    const wheel = createWheel()
    const due = [10, 75, 80, 81, 200, 5000].map((dueMs) => ({ dueMs, ...probe() }))
    const later = probe()
    for (const { node, dueMs } of due) wheel.schedule(node, dueMs)
    wheel.schedule(later.node, 1_000_010)
    wheel.advance(1_000_000)
    for (const { fired } of due) expect(fired).toEqual([1_000_000])
    expect(later.fired).toEqual([])
    wheel.advance(1_000_010)
    expect(later.fired).toEqual([1_000_010])
  })

  it('backwards fires nothing and loses nothing', () => {
    const wheel = createWheel(1000)
    const { node, fired } = probe()
    wheel.schedule(node, 1030)
    wheel.advance(500)
    expect(fired).toEqual([])
    wheel.advance(1030)
    expect(fired).toEqual([1030])
  })
})

describe('a callback', () => {
  it('can schedule its own node again, for each period of a long jump at most once', () => {
    const wheel = createWheel()
    const { node, fired } = probe((nowMs) => wheel.schedule(node, nowMs + 10))
    wheel.schedule(node, 10)
    wheel.advance(10)
    wheel.advance(20)
    wheel.advance(1000)
    wheel.advance(1010)
    expect(fired).toEqual([10, 20, 1000, 1010])
  })

  it('that asks for a moment in the past again and again does not hang the wheel', () => {
    const wheel = createWheel()
    const { node, fired } = probe(() => wheel.schedule(node, 0))
    wheel.schedule(node, 0)
    wheel.advance(10)
    wheel.advance(20)
    expect(fired).toEqual([10, 20])
  })

  it('can cancel its own node', () => {
    const wheel = createWheel()
    const { node, fired } = probe(() => wheel.cancel(node))
    wheel.schedule(node, 10)
    wheel.advance(100)
    expect(fired).toEqual([100])
  })

  it.each([0, 1, 2, 3])('can cancel all others of its moment when it is number %d', (position) => {
    const wheel = createWheel()
    const nodes = [0, 1, 2, 3].map((i) => probe(() => i === position && cancelOthers()))
    const cancelOthers = (): void => {
      for (const [i, { node }] of nodes.entries()) if (i !== position) wheel.cancel(node)
    }
    for (const { node } of nodes) wheel.schedule(node, 10)
    wheel.advance(100)
    wheel.advance(200)
    expect(nodes.map(({ fired }) => fired.length)).toEqual(nodes.map((_, i) => (i <= position ? 1 : 0)))
  })

  it.each([0, 1, 2, 3])('can put off all others of its moment when it is number %d', (position) => {
    const wheel = createWheel()
    let isPutOff = false
    const nodes = [0, 1, 2, 3].map((i) => probe(() => i === position && putOff()))
    const putOff = (): void => {
      if (!isPutOff) for (const { node } of nodes) wheel.schedule(node, 50)
      isPutOff = true
    }
    for (const { node } of nodes) wheel.schedule(node, 10)
    wheel.advance(10)
    expect(nodes.map(({ fired }) => fired)).toEqual(nodes.map((_, i) => (i <= position ? [10] : [])))
    for (const { fired } of nodes) fired.length = 0
    wheel.advance(40)
    expect(nodes.flatMap(({ fired }) => fired)).toEqual([])
    wheel.advance(50)
    expect(nodes.map(({ fired }) => fired)).toEqual(nodes.map(() => [50]))
    const next = probe()
    wheel.schedule(next.node, 60)
    wheel.advance(60)
    expect(next.fired).toEqual([60])
  })
})
