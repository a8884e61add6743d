import { describe, expect, it } from 'vitest'
import { parsePublishItem } from '../../src/grip/publishItem.ts'
import { Batch } from '../../src/hub/batch.ts'
import { ChannelIndex } from '../../src/hub/channelIndex.ts'
import { deliverTracked } from '../../src/hub/deliverTracked.ts'
import { chainedItem } from './chains.ts'
import { RecordingHold } from './support.ts'

function deliver(prevId: string, ...numbers: readonly number[]) {
  const index = new ChannelIndex({
    lingerMs: 0,
    onDropped: () => {},
    onHoldJoined: () => {},
    onHoldLeft: () => {},
  })
  const hold = new RecordingHold()
  const subscription = index.add(hold, index.open('a'), { joinedAt: 0, prevId })
  const batch = new Batch(
    numbers.map((number) => chainedItem('a', number)),
    1,
  )
  const isWhole = deliverTracked(batch, subscription) === undefined
  return { isWhole, received: hold.received, prevId: subscription.prevId }
}

describe('items for a hold that follows its channel', () => {
  it.each([
    ['that follow are delivered', '1', [2, 3], [true, '2,3', '3']],
    ['that it has already are left out', '3', [2, 3], [true, '', '3']],
    ['that begin with some that it has are delivered from there on', '2', [1, 2, 3], [true, '3', '3']],
    ['that have a gap are delivered up to it', '1', [2, 4, 5], [false, '2', '2']],
    ['that do not follow are not delivered', '1', [3], [false, '', '1']],
  ] as const)('%s', (_name, has, numbers, [isWhole, received, prevId]) => {
    expect(deliver(has, ...numbers)).toEqual({
      isWhole,
      received: received === '' ? [] : received.split(','),
      prevId,
    })
  })

  it('end the chain with one that has no id: what is behind cannot be checked', () => {
    const index = new ChannelIndex({
      lingerMs: 0,
      onDropped: () => {},
      onHoldJoined: () => {},
      onHoldLeft: () => {},
    })
    const hold = new RecordingHold()
    const subscription = index.add(hold, index.open('a'), { joinedAt: 0, prevId: '1' })
    const bare = parsePublishItem({
      channel: 'a',
      'prev-id': '1',
      formats: { 'http-stream': { content: 'x' } },
    })
    expect(deliverTracked(new Batch([bare, chainedItem('a', 9)], 1), subscription)).toBeUndefined()
    expect(hold.received).toEqual(['x', '9'])
    expect(subscription.prevId).toBeUndefined()
  })
})
