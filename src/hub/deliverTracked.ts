import { Batch } from './batch.ts'
import { deliverTo, type Subscription } from './hold.ts'

/**
 * Delivers a batch to a hold that follows its channel's chain, as far as each item follows on what the hold has. Returns false
 * when one does not: the hold lacks something, and that item and those behind it were not delivered. GRIP: prev-id.
 */
export function deliverTracked(batch: Batch, subscription: Subscription): boolean {
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
  deliverPart(batch, subscription, { start: known + 1, end })
  return end === items.length
}

function deliverPart(batch: Batch, subscription: Subscription, part: { start: number; end: number }): void {
  const { start, end } = part
  if (start === end) return
  if (start === 0 && end === batch.items.length) {
    deliverTo(batch, subscription)
    return
  }
  const some = new Batch(batch.items.slice(start, end), batch.firstSequence + start)
  some.nowMs = batch.nowMs
  deliverTo(some, subscription)
}
