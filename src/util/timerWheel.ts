/** Something that waits for moments. */
export interface WheelOwner {
  /** The moment has come; the node may be scheduled again. */
  onDue(nowMs: number): void
}

/** A place on the wheel that belongs to the thing that waits. One node waits for one moment at a time. */
export class WheelNode {
  readonly owner: WheelOwner
  dueMs = 0
  previous: WheelNode | undefined
  next: WheelNode | undefined

  constructor(owner: WheelOwner) {
    this.owner = owner
  }

  get isScheduled(): boolean {
    return this.next !== undefined
  }
}

/**
 * Many coarse timers at the cost of one: scheduling and cancelling are a few pointer writes, whatever the number of
 * timers. A node fires in the first `advance` at or after its moment, so up to one tick late and never early.
 */
export class TimerWheel {
  readonly #tickMs: number
  readonly #slots: WheelNode[]
  #currentTick: number

  constructor(options: { tickMs: number; slotCount: number; nowMs: number }) {
    this.#tickMs = options.tickMs
    this.#currentTick = Math.floor(options.nowMs / options.tickMs)
    this.#slots = Array.from({ length: options.slotCount }, createSlot)
  }

  /** Makes the node fire at `dueMs`; a moment it waited for before is forgotten. */
  schedule(node: WheelNode, dueMs: number): void {
    unlink(node)
    node.dueMs = dueMs
    const tick = Math.max(Math.ceil(dueMs / this.#tickMs), this.#currentTick + 1)
    const slot = this.#slots[tick % this.#slots.length] as WheelNode
    const last = slot.previous as WheelNode
    last.next = node
    node.previous = last
    node.next = slot
    slot.previous = node
  }

  cancel(node: WheelNode): void {
    unlink(node)
  }

  /** Fires every node whose moment is at or before `nowMs`. */
  advance(nowMs: number): void {
    const target = Math.floor(nowMs / this.#tickMs)
    const behind = Math.min(target - this.#currentTick, this.#slots.length)
    for (let i = behind - 1; i >= 0; i--) {
      this.#currentTick = target - i
      this.#fireSlot(this.#slots[this.#currentTick % this.#slots.length] as WheelNode, nowMs)
    }
  }

  /** Nodes of later rounds share the slot and stay; nodes that are scheduled by a callback land in later slots. */
  #fireSlot(slot: WheelNode, nowMs: number): void {
    let node = slot.next as WheelNode
    while (node !== slot) {
      const next = node.next as WheelNode
      if (node.dueMs <= nowMs) {
        unlink(node)
        node.owner.onDue(nowMs)
        // A callback may have cancelled the neighbour that we were about to visit: start over, fired nodes are gone.
        node = next.next === undefined ? (slot.next as WheelNode) : next
      } else {
        node = next
      }
    }
  }
}

function createSlot(): WheelNode {
  const slot = new WheelNode({ onDue: () => {} })
  slot.previous = slot
  slot.next = slot
  return slot
}

function unlink(node: WheelNode): void {
  const { previous, next } = node
  if (previous === undefined || next === undefined) return
  previous.next = next
  next.previous = previous
  node.previous = undefined
  node.next = undefined
}
