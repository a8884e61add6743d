import type { PublishItem } from '../../src/grip/publishItem.ts'
import { itemBytes } from '../../src/hub/history/itemBytes.ts'
import type { HistoryOptions, HistorySize } from '../../src/hub/history.ts'
import type { HistoryLike } from '../contracts/historyContract.ts'

/** The rules of a history over one plain list, which it searches from end to end. */
export class NaiveHistory implements HistoryLike {
  readonly #options: HistoryOptions
  #kept: { item: PublishItem; atMs: number }[] = []

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  get size(): HistorySize {
    return {
      channels: new Set(this.#kept.map(({ item }) => item.channel)).size,
      items: this.#kept.length,
      bytes: this.#kept.reduce((sum, { item }) => sum + itemBytes(item), 0),
    }
  }

  add(item: PublishItem, nowMs: number): void {
    const { maxItems, maxBytes } = this.#options
    this.expire(nowMs)
    const sends = JSON.stringify(item).includes('"action":"send"')
    if (maxItems === 0 || (item.id === undefined && !sends)) return
    if (itemBytes(item) > maxBytes) {
      this.forget(item.channel)
      return
    }
    this.#kept.push({ item, atMs: nowMs })
    const first = this.#kept.find((kept) => kept.item.channel === item.channel)
    if (this.#itemsOf(item.channel).length > maxItems)
      this.#kept = this.#kept.filter((kept) => kept !== first)
    while (this.size.bytes > maxBytes) this.#kept = this.#kept.slice(1)
  }

  expire(nowMs: number): void {
    this.#kept = this.#kept.filter(({ atMs }) => atMs > nowMs - this.#options.ttlMs)
  }

  forget(channel: string): void {
    this.#kept = this.#kept.filter(({ item }) => item.channel !== channel)
  }

  forgetAll(): void {
    this.#kept = []
  }

  has(channel: string, nowMs: number): boolean {
    this.expire(nowMs)
    return this.#itemsOf(channel).length > 0
  }

  /** Walks from item to item. The answer is complete when every other item leads to it or is long ago. */
  after(channel: string, prevId: string, nowMs: number): readonly PublishItem[] | undefined {
    this.expire(nowMs)
    const kept = this.#kept.filter(({ item }) => item.channel === channel)
    const items = kept.map(({ item }) => item)
    const known = items.findLastIndex((item) => item.id === prevId)
    const first = known >= 0 ? known : items.findLastIndex((_, i) => leadIn(items, i) === prevId)
    if (first < 0) return undefined
    const placed = new Set([...passed(items, first, 1), ...passed(items, first, -1)])
    const agoMs = kept[first]!.atMs - this.#options.reorderMs
    const isComplete = items.every((_, i) => {
      const end = runEnd(items, i)
      return placed.has(i) || placed.has(end) || (i < first && kept[end]!.atMs < agoMs)
    })
    if (!isComplete) return undefined
    return passed(items, first, 1)
      .slice(known >= 0 ? 1 : 0)
      .map((i) => items[i]!)
  }

  #itemsOf(channel: string): PublishItem[] {
    return this.#kept.map(({ item }) => item).filter((item) => item.channel === channel)
  }
}

/** Id of the link that an item without prev-id after place `i` would follow, back to where its run begins. */
function lastLink(items: readonly PublishItem[], i: number): string | undefined {
  const item = items[i]
  if (item === undefined) return undefined
  if (!item.noSeq && item.id !== undefined) return item.id
  return isJoined(items, i) ? lastLink(items, i - 1) : undefined
}

/** Whether the item belongs right behind the one that came before it. */
function isJoined(items: readonly PublishItem[], i: number): boolean {
  const item = items[i]!
  if (i === 0) return false
  const last = lastLink(items, i - 1)
  return item.noSeq || item.prevId === undefined || last === undefined || item.prevId === last
}

/** The id that an item names which does not belong behind the one that came before it. */
function leadIn(items: readonly PublishItem[], i: number): string | undefined {
  return isJoined(items, i) || items[i]!.noSeq ? undefined : items[i]!.prevId
}

function next(items: readonly PublishItem[], i: number): number {
  if (i + 1 < items.length && isJoined(items, i + 1)) return i + 1
  const last = lastLink(items, i)
  return last === undefined ? -1 : items.findLastIndex((_, k) => leadIn(items, k) === last)
}

/** The last item that is joined to this one. */
function runEnd(items: readonly PublishItem[], i: number): number {
  return i + 1 < items.length && isJoined(items, i + 1) ? runEnd(items, i + 1) : i
}

function previous(items: readonly PublishItem[], i: number): number {
  if (isJoined(items, i)) return i - 1
  const named = leadIn(items, i)
  if (named === undefined) return -1
  return items.findLastIndex((_, k) => runEnd(items, k) === k && lastLink(items, k) === named)
}

/** The places that are passed from this one on, until the way leads back to the run where it began. */
function passed(items: readonly PublishItem[], first: number, step: 1 | -1): number[] {
  const places = [first]
  for (let last = first; ; ) {
    const i = step === 1 ? next(items, last) : previous(items, last)
    const isBack = i >= 0 && i !== last + step && runEnd(items, i) === runEnd(items, first)
    if (i < 0 || isBack || places.includes(i)) return places
    places.push(i)
    last = i
  }
}
