import { describe, expect, it } from 'vitest'
import { ChannelIndex } from '../../src/hub/channelIndex.ts'
import type { Subscription } from '../../src/hub/hold.ts'
import type { HoldKind } from '../../src/stats/connections.ts'
import { RecordingHold } from './support.ts'

const LINGER_MS = 60_000

function createIndex(lingerMs = 0) {
  const dropped: string[] = []
  const index = new ChannelIndex({
    lingerMs,
    onDropped: ({ name }) => dropped.push(name),
    onHoldJoined: () => {},
    onHoldLeft: () => {},
  })
  function add(name: string, kind: HoldKind = 'stream'): Subscription {
    const channel = index.get(name) ?? index.open(name)
    return index.add(new RecordingHold(kind), channel, { joinedAt: 0, prevId: undefined })
  }
  return { index, dropped, add }
}

describe('the channel index', () => {
  it('knows a channel while somebody holds it', () => {
    const { index, dropped, add } = createIndex()
    const [first, second] = [add('a'), add('a')]
    expect(index.get('a')?.subscriptions).toEqual([first, second])
    index.remove(first, 0)
    expect([index.size, dropped]).toEqual([1, []])
    index.remove(second, 0)
    expect([index.size, dropped]).toEqual([0, ['a']])
    expect(index.get('a')).toBeUndefined()
  })

  it('takes a subscription out once, whatever its place and however often it is asked to', () => {
    const { index, add } = createIndex()
    const all = Array.from({ length: 6 }, () => add('a'))
    for (const gone of [0, 3, 5, 3, 0]) index.remove(all[gone]!, 0)
    const left = index.get('a')!.subscriptions
    expect(new Set(left)).toEqual(new Set([all[1], all[2], all[4]]))
    expect(left.map((subscription) => subscription.index)).toEqual([0, 1, 2])
    expect(index.get('a')!.streamHolds).toBe(3)
  })

  it('does not take a new channel for the old one of the same name', () => {
    const { index, dropped, add } = createIndex()
    const old = add('a')
    index.remove(old, 0)
    const fresh = add('a')
    index.remove(old, 0)
    expect(index.get('a')?.subscriptions).toEqual([fresh])
    expect(fresh.channel).not.toBe(old.channel)
    expect(dropped).toEqual(['a'])
  })

  it('counts holds by kind', () => {
    const { index, add } = createIndex()
    const subscription = add('a', 'response')
    add('a', 'stream')
    add('a', 'response')
    expect(index.get('a')).toMatchObject({ responseHolds: 2, streamHolds: 1 })
    index.remove(subscription, 0)
    expect(index.get('a')).toMatchObject({ responseHolds: 1, streamHolds: 1 })
  })
})

describe('a channel that lingers', () => {
  it('stays for its time after its last long poll, and not after a stream', () => {
    const { index, dropped, add } = createIndex(LINGER_MS)
    index.remove(add('poll', 'response'), 1000)
    index.remove(add('stream'), 1000)
    index.sweep(1000 + LINGER_MS - 1)
    expect([index.size, dropped]).toEqual([1, ['stream']])
    index.sweep(1000 + LINGER_MS)
    expect([index.size, dropped]).toEqual([0, ['stream', 'poll']])
  })

  it('is the same channel for those that come back, and lingers anew when they go', () => {
    const { index, dropped, add } = createIndex(LINGER_MS)
    const first = add('a', 'response')
    index.remove(first, 0)
    const second = add('a', 'response')
    expect(second.channel).toBe(first.channel)
    index.remove(second, 50_000)
    index.sweep(LINGER_MS)
    expect(dropped).toEqual([])
    index.sweep(50_000 + LINGER_MS)
    expect(dropped).toEqual(['a'])
  })

  it('is not dropped while a stream holds it, and goes with that when its time is over', () => {
    const { index, dropped, add } = createIndex(LINGER_MS)
    const stream = add('a')
    index.remove(add('a', 'response'), 0)
    index.sweep(LINGER_MS)
    expect(dropped).toEqual([])
    index.remove(stream, LINGER_MS + 1)
    expect(dropped).toEqual(['a'])
  })
})
