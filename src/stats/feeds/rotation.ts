import type { SlotTable, Slotted } from '../../util/slotTable.ts'

/** Goes through a table again and again, each round spread evenly over so many ticks. */
export class Rotation<T extends Slotted> {
  readonly #table: SlotTable<T>
  readonly #ticksPerRound: number
  #next = 0
  /** Slots that are due, in parts of a round's ticks: small tables have less than one slot a tick. */
  #dueParts = 0

  constructor(table: SlotTable<T>, ticksPerRound: number) {
    this.#table = table
    this.#ticksPerRound = ticksPerRound
  }

  /** What is due in this tick. */
  due(): readonly T[] {
    const { capacity } = this.#table
    const ticks = this.#ticksPerRound
    this.#dueParts = Math.min(this.#dueParts + capacity, capacity * ticks)
    const maxSlots = Math.floor(this.#dueParts / ticks)
    if (maxSlots === 0) return []
    const from = this.#next
    const { items, next } = this.#table.page({ from, maxItems: maxSlots, maxSlots, accepts: () => true })
    this.#dueParts -= ((next ?? capacity) - from) * ticks
    this.#next = next ?? 0
    return items
  }
}
