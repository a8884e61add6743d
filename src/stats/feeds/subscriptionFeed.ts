import { SlotTable, type Slotted } from '../../util/slotTable.ts'
import type { HoldKind } from '../connections.ts'
import { type PacketSink, refreshSeconds } from './packet.ts'
import { Rotation } from './rotation.ts'

/** Pushpin's word for what a client is held as. */
const MODES: Readonly<Record<HoldKind, string>> = { response: 'response', stream: 'stream', socket: 'ws' }

/** A channel that clients of one kind hold, or that long polls held until lately. */
interface Entry extends Slotted {
  readonly key: string
  readonly mode: string
  readonly channel: string
  subscribers: number
  lingersUntilMs: number
}

/** Where channels are told of, and how often. */
export interface SubscriptionFeedOptions {
  readonly send: PacketSink
  readonly ttlSeconds: number
  /** How long a channel of long polls counts as held after the last was answered. */
  readonly lingerMs: number
}

/**
 * Tells which channels are held, by how many of each kind. Pushpin: operations.md §4.4.
 *
 *     (none) --first--> held --count changes--> held, told at the next tick
 *     held --last of a stream or WebSocket--> (none), told at once
 *     held --last long poll--> lingering --another--> held
 *                              lingering --time is over--> (none), told then
 */
export class SubscriptionFeed {
  readonly #options: SubscriptionFeedOptions
  readonly #byKey = new Map<string, Entry>()
  readonly #slots = new SlotTable<Entry>()
  readonly #rotation: Rotation<Entry>
  readonly #changed = new Set<Entry>()
  /** In the order of time: all linger equally long. */
  readonly #lingering = new Set<Entry>()

  constructor(options: SubscriptionFeedOptions) {
    this.#options = options
    this.#rotation = new Rotation(this.#slots, refreshSeconds(options.ttlSeconds))
  }

  /** So many of the kind hold the channel now. */
  update(channel: string, hold: { readonly kind: HoldKind; readonly count: number }, nowMs: number): void {
    const mode = MODES[hold.kind]
    const key = `${mode} ${channel}`
    const entry = this.#byKey.get(key)
    if (entry === undefined) {
      if (hold.count > 0)
        this.#open({ slot: -1, key, mode, channel, subscribers: hold.count, lingersUntilMs: 0 })
      return
    }
    const wasHeld = entry.subscribers > 0
    entry.subscribers = hold.count
    if (hold.count === 0) this.#leave(entry, hold.kind, nowMs)
    else if (wasHeld) this.#changed.add(entry)
    else this.#tell(entry)
    if (hold.count > 0) this.#lingering.delete(entry)
  }

  /** To be called each second. */
  tick(nowMs: number): void {
    for (const entry of this.#lingering) {
      if (entry.lingersUntilMs > nowMs) break
      this.#close(entry)
    }
    for (const entry of this.#changed) this.#tell(entry)
    this.#changed.clear()
    for (const entry of this.#rotation.due()) this.#tell(entry)
  }

  #open(entry: Entry): void {
    this.#byKey.set(entry.key, entry)
    this.#slots.add(entry)
    this.#tell(entry)
  }

  #leave(entry: Entry, kind: HoldKind, nowMs: number): void {
    const { lingerMs } = this.#options
    if (kind !== 'response' || lingerMs === 0) {
      this.#close(entry)
      return
    }
    entry.lingersUntilMs = nowMs + lingerMs
    this.#lingering.delete(entry)
    this.#lingering.add(entry)
  }

  #close(entry: Entry): void {
    this.#byKey.delete(entry.key)
    this.#slots.delete(entry)
    this.#changed.delete(entry)
    this.#lingering.delete(entry)
    this.#options.send('sub', { channel: entry.channel, mode: entry.mode, unavailable: true })
  }

  #tell({ channel, mode, subscribers }: Entry): void {
    this.#options.send('sub', { channel, mode, subscribers, ttl: this.#options.ttlSeconds })
  }
}
