import { describe, expect, it } from 'vitest'
import { ChannelIndex } from '../../src/hub/channelIndex.ts'
import { RecordingHold } from './support.ts'

describe('the channel index', () => {
  it('knows a channel while somebody holds it', () => {
    const index = new ChannelIndex()
    const [first, second] = [1, 2].map(() => index.add(new RecordingHold(), 'a', 0))
    expect(index.get('a')?.subscriptions).toEqual([first, second])
    index.remove(first!)
    expect(index.size).toBe(1)
    index.remove(second!)
    expect(index.size).toBe(0)
    expect(index.get('a')).toBeUndefined()
  })

  it('takes a subscription out once, whatever its place and however often it is asked to', () => {
    const index = new ChannelIndex()
    const all = Array.from({ length: 6 }, () => index.add(new RecordingHold(), 'a', 0))
    for (const gone of [0, 3, 5, 3, 0]) index.remove(all[gone]!)
    const left = index.get('a')!.subscriptions
    expect(new Set(left)).toEqual(new Set([all[1], all[2], all[4]]))
    expect(left.map((subscription) => subscription.index)).toEqual([0, 1, 2])
    expect(index.get('a')!.streamHolds).toBe(3)
  })

  it('does not take a new channel for the old one of the same name', () => {
    const index = new ChannelIndex()
    const old = index.add(new RecordingHold(), 'a', 0)
    index.remove(old)
    const fresh = index.add(new RecordingHold(), 'a', 0)
    index.remove(old)
    expect(index.get('a')?.subscriptions).toEqual([fresh])
    expect(fresh.channel).not.toBe(old.channel)
  })

  it('counts holds by kind', () => {
    const index = new ChannelIndex()
    const subscription = index.add(new RecordingHold('response'), 'a', 0)
    index.add(new RecordingHold('stream'), 'a', 0)
    index.add(new RecordingHold('response'), 'a', 0)
    expect(index.get('a')).toMatchObject({ responseHolds: 2, streamHolds: 1 })
    index.remove(subscription)
    expect(index.get('a')).toMatchObject({ responseHolds: 1, streamHolds: 1 })
  })
})
