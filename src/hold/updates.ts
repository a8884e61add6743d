import type { Clock, Timer } from '../edges/clock.ts'

/** Something that asks an origin for news when it is its turn. */
export interface Updatable {
  /** Asks; `onSettled` must be called once, when the origin has answered or will not. */
  runUpdate(onSettled: () => void): void
}

/** Questions to one lane that may be under way at once: what an origin sees at most, however many clients are held. */
export const MAX_CONCURRENT_UPDATES = 100

/** Pushpin: batches of up to 100, ten a second, the first after 100 ms. */
const BATCH_SIZE = 100
const BATCH_PERIOD_MS = 100

/** The updates of one route. */
interface Lane {
  readonly urgent: Set<Updatable>
  readonly patient: Set<Updatable>
  running: number
  timer: Timer | undefined
}

/**
 * Lets held clients ask their origins, so that no origin is stampeded: those that are urgent at once, the others in batches, and
 * never more than MAX_CONCURRENT_UPDATES of a lane together. Asking twice while waiting is asking once.
 */
export class Updates {
  readonly #clock: Clock
  readonly #lanes = new Map<string, Lane>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Lets the update run when it is its turn. `lane` names what shares a bound: a route. */
  request(lane: string, update: Updatable, options: { readonly isUrgent: boolean }): void {
    const found = this.#laneOf(lane)
    if (options.isUrgent) {
      found.patient.delete(update)
      found.urgent.add(update)
      this.#runUrgent(lane, found)
    } else if (!found.urgent.has(update)) {
      found.patient.add(update)
      this.#schedule(lane, found)
    }
  }

  /** Forgets an update that waits. */
  cancel(lane: string, update: Updatable): void {
    const found = this.#lanes.get(lane)
    found?.urgent.delete(update)
    found?.patient.delete(update)
  }

  #laneOf(name: string): Lane {
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane: Lane = { urgent: new Set(), patient: new Set(), running: 0, timer: undefined }
    this.#lanes.set(name, lane)
    return lane
  }

  #schedule(name: string, lane: Lane): void {
    if (lane.patient.size === 0) {
      if (lane.urgent.size === 0 && lane.running === 0) this.#lanes.delete(name)
      return
    }
    lane.timer ??= this.#clock.after(BATCH_PERIOD_MS, () => {
      lane.timer = undefined
      this.#run(name, lane, { from: lane.patient, limit: BATCH_SIZE })
      this.#schedule(name, lane)
    })
  }

  #runUrgent(name: string, lane: Lane): void {
    this.#run(name, lane, { from: lane.urgent, limit: lane.urgent.size })
  }

  #run(name: string, lane: Lane, batch: { from: Set<Updatable>; limit: number }): void {
    let left = batch.limit
    for (const update of batch.from) {
      if (left-- === 0 || lane.running >= MAX_CONCURRENT_UPDATES) return
      batch.from.delete(update)
      lane.running++
      update.runUpdate(() => this.#settled(name, lane))
    }
  }

  #settled(name: string, lane: Lane): void {
    lane.running--
    this.#runUrgent(name, lane)
    this.#schedule(name, lane)
  }
}
