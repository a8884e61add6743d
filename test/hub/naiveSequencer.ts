import type { PublishItem } from '../../src/grip/publishItem.ts'
import {
  type AcceptOptions,
  DEFAULT_SEQUENCER_LIMITS,
  type SequencerLimits,
  type SequencerOptions,
  type SequencerOutcome,
} from '../../src/hub/sequencer.ts'
import type { SequencerLike } from '../contracts/sequencerContract.ts'

/** The rules of a sequencer over plain lists, which it searches from end to end. */
export class NaiveSequencer implements SequencerLike {
  readonly #options: SequencerOptions
  readonly #limits: SequencerLimits
  #seen: { channel: string; id: string; atMs: number }[] = []
  #last: { channel: string; id: string }[] = []
  #parked: { item: PublishItem; atMs: number }[] = []

  constructor(options: SequencerOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_SEQUENCER_LIMITS, ...options.limits }
  }

  get size() {
    return { lastIds: this.#last.length, parked: this.#parked.length, seenIds: this.#seen.length }
  }

  accept(item: PublishItem, { isHeld, nowMs }: AcceptOptions): SequencerOutcome {
    const { channel, id } = item
    const remembers = id !== undefined && this.#options.idCacheTtlMs > 0
    if (remembers) this.#forgetOldIds(nowMs)
    if (this.#seen.some((seen) => seen.channel === channel && seen.id === id)) return { kind: 'duplicate' }
    const outcome = isHeld && !item.noSeq ? this.#sequence(item, nowMs) : ({ kind: 'delivered' } as const)
    if (remembers && outcome.kind !== 'dropped') {
      this.#seen.push({ channel, id, atMs: nowMs })
      this.#seen = this.#seen.slice(-this.#limits.maxSeenIds)
    }
    return outcome
  }

  expire(nowMs: number): readonly PublishItem[] {
    this.#forgetOldIds(nowMs)
    const released: PublishItem[] = []
    for (;;) {
      const overdue = this.#parked.find(({ atMs }) => atMs <= nowMs - this.#options.messageWaitMs)
      if (overdue === undefined) return released
      this.#unpark(overdue.item)
      released.push(...this.#leadingTo(overdue.item), ...this.#withFollowers(overdue.item))
    }
  }

  lastId(channel: string): string | undefined {
    return this.#last.find((last) => last.channel === channel)?.id
  }

  forget(channel: string): void {
    this.#last = this.#last.filter((last) => last.channel !== channel)
  }

  forgetAll(): void {
    this.#last = []
  }

  drop(channel: string): readonly PublishItem[] {
    this.forget(channel)
    const items = this.#parked.map(({ item }) => item).filter((item) => item.channel === channel)
    for (const item of items) this.#unpark(item)
    return items
  }

  #forgetOldIds(nowMs: number): void {
    this.#seen = this.#seen.filter(({ atMs }) => nowMs - atMs < this.#options.idCacheTtlMs)
  }

  #sequence(item: PublishItem, nowMs: number): SequencerOutcome {
    const last = this.lastId(item.channel)
    const mustWait = last !== undefined && item.prevId !== undefined && item.prevId !== last
    if (mustWait && this.#options.messageWaitMs > 0) return this.#park(item, nowMs)
    const before = last === undefined ? this.#leadingTo(item) : []
    const items = [...before, ...this.#withFollowers(item)]
    return items.length === 1 ? { kind: 'delivered' } : { kind: 'released', items }
  }

  #park(item: PublishItem, nowMs: number): SequencerOutcome {
    const onChannel = this.#parked.filter((parked) => parked.item.channel === item.channel)
    if (onChannel.some((parked) => parked.item.prevId === item.prevId)) {
      return { kind: 'dropped', reason: 'prev-id-taken' }
    }
    const { maxParkedPerChannel, maxParked } = this.#limits
    if (onChannel.length === maxParkedPerChannel || this.#parked.length === maxParked) {
      return { kind: 'dropped', reason: 'parking-full' }
    }
    this.#parked.push({ item, atMs: nowMs })
    return { kind: 'parked' }
  }

  /** Unparks the items that lead to this one. Of two with the same id the later one counts, and each id only once. */
  #leadingTo({ channel, prevId }: PublishItem, passed: readonly (string | undefined)[] = []): PublishItem[] {
    if (prevId === undefined || passed.includes(prevId)) return []
    const before = this.#parked.findLast(({ item }) => item.channel === channel && item.id === prevId)?.item
    if (before === undefined) return []
    this.#unpark(before)
    return [...this.#leadingTo(before, [...passed, prevId]), before]
  }

  #withFollowers(item: PublishItem): PublishItem[] {
    const follower = this.#parked.find(
      (parked) =>
        item.id !== undefined && parked.item.channel === item.channel && parked.item.prevId === item.id,
    )?.item
    if (follower !== undefined) {
      this.#unpark(follower)
      return [item, ...this.#withFollowers(follower)]
    }
    this.forget(item.channel)
    if (item.id !== undefined) this.#last.push({ channel: item.channel, id: item.id })
    this.#last = this.#last.slice(-this.#limits.maxLastIds)
    return [item]
  }

  #unpark(item: PublishItem): void {
    this.#parked = this.#parked.filter((parked) => parked.item !== item)
  }
}
