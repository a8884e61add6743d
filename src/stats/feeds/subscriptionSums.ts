import type { HoldKind } from '../connections.ts'
import type { PacketFields } from './packet.ts'

/** By Pushpin's words for them. */
const KINDS: Readonly<Record<string, HoldKind>> = { response: 'response', stream: 'stream', ws: 'socket' }

/** Takes what `SubscriptionFeed.update` does. */
export type SubscriptionSink = (
  channel: string,
  hold: { readonly kind: HoldKind; readonly count: number },
) => void

interface Entry {
  readonly channel: string
  readonly kind: HoldKind
  readonly byWorker: Map<number, number>
  total: number
}

/** Adds up how many hold a channel in several processes: what ends in one of them may go on in another. */
export class SubscriptionSums {
  readonly #sink: SubscriptionSink
  readonly #entries = new Map<string, Entry>()

  constructor(sink: SubscriptionSink) {
    this.#sink = sink
  }

  /** Takes the fields of a packet of the type `sub`. */
  take(worker: number, { channel, mode, subscribers, unavailable }: PacketFields): void {
    const kind = KINDS[String(mode)]
    if (kind === undefined) return
    const key = `${mode} ${channel}`
    const entry = this.#entries.get(key) ?? {
      channel: String(channel),
      kind,
      byWorker: new Map<number, number>(),
      total: 0,
    }
    this.#entries.set(key, entry)
    this.#set(key, entry, { worker, count: unavailable === true ? 0 : Number(subscribers) })
  }

  /** A worker has ended, with all that it held. */
  gone(worker: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.byWorker.has(worker)) this.#set(key, entry, { worker, count: 0 })
    }
  }

  #set(key: string, entry: Entry, { worker, count }: { worker: number; count: number }): void {
    const total = entry.total - (entry.byWorker.get(worker) ?? 0) + count
    if (count === 0) entry.byWorker.delete(worker)
    else entry.byWorker.set(worker, count)
    if (entry.byWorker.size === 0) this.#entries.delete(key)
    // Workers tell again what has not changed; the sum is told again by itself.
    if (total === entry.total) return
    entry.total = total
    this.#sink(entry.channel, { kind: entry.kind, count: total })
  }
}
