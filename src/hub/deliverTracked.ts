import { Batch } from './batch.ts'
import { deliverTo, type Subscription } from './hold.ts'

/**
 * Delivers a batch to a hold that follows its channel's chain, as far as each item follows on what the hold has. Returns the
 * items from the first that does not: the hold lacks something, and they were not delivered. GRIP: prev-id.
 */
export function deliverTracked(batch: Batch, subscription: Subscription): Batch | undefined {
  const { items } = batch
  // The origin may have told the hold of an item that reaches us only now.
  const known = items.findIndex((item) => item.id === subscription.prevId)
  let end = known + 1
  let prevId = subscription.prevId
  while (end < items.length && prevId !== undefined && items[end]?.prevId === prevId)
    prevId = items[end++]?.id
  // An item without an id ends the chain: nothing behind it can be checked.
  if (prevId === undefined) end = items.length
  subscription.prevId = prevId
  const following = partOf(batch, known + 1, end)
  if (following !== undefined) deliverTo(following, subscription)
  return partOf(batch, end, items.length)
}

/** The items of a batch that were published after that number; undefined when there are none. */
export function laterThan(batch: Batch, sequence: number): Batch | undefined {
  return partOf(batch, Math.max(sequence - batch.firstSequence + 1, 0), batch.items.length)
}

function partOf(batch: Batch, start: number, end: number): Batch | undefined {
  if (start >= end) return undefined
  if (start === 0 && end === batch.items.length) return batch
  const part = new Batch(batch.items.slice(start, end), batch.firstSequence + start)
  part.nowMs = batch.nowMs
  return part
}
