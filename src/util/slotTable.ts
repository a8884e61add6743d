/** Something that can be in one SlotTable. `slot` is the table's to set; -1 outside of it. */
export interface Slotted {
  slot: number
}

/** One step through a table: what was found, and where to go on; undefined at the end. */
export interface SlotPage<T> {
  readonly items: readonly T[]
  readonly next: number | undefined
}

/** What a step through a table looks for, and how far it may go. */
export interface SlotScan<T> {
  /** The slot to begin with. */
  readonly from: number
  readonly maxItems: number
  /** Slots looked at before the step ends with what it has. */
  readonly maxSlots: number
  accepts(item: T): boolean
}

/**
 * A set whose members keep a numbered place while they are in it: adding, removing and going on from a number take
 * constant time, so that a table of any size can be read in bounded steps. Who is in the table from the first step to the
 * last is seen exactly once.
 */
export class SlotTable<T extends Slotted> {
  readonly #slots: (T | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#slots.length - this.#free.length
  }

  /** One above the highest slot that was ever in use. */
  get capacity(): number {
    return this.#slots.length
  }

  get(slot: number): T | undefined {
    return this.#slots[slot]
  }

  add(item: T): void {
    item.slot = this.#free.pop() ?? this.#slots.length
    this.#slots[item.slot] = item
  }

  /** Takes the item out; false when it was not in. */
  delete(item: T): boolean {
    const { slot } = item
    if (slot < 0) return false
    this.#slots[slot] = undefined
    this.#free.push(slot)
    item.slot = -1
    return true
  }

  /** Collects what the scan accepts, in the order of slots. */
  page(scan: SlotScan<T>): SlotPage<T> {
    const items: T[] = []
    const end = Math.min(this.#slots.length, scan.from + scan.maxSlots)
    let slot = scan.from
    for (; slot < end && items.length < scan.maxItems; slot++) {
      const item = this.#slots[slot]
      if (item !== undefined && scan.accepts(item)) items.push(item)
    }
    return { items, next: slot < this.#slots.length ? slot : undefined }
  }
}
