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
 * timers. A node fires never early, and at the latest in the first `advance` at or after the end of the tick that its
 * moment is in.
 */
export class TimerWheel {
  readonly #tickMs: number
  readonly #onError: (error: unknown) => void
  readonly #slots: WheelNode[]
  /** The nodes of the slot that is being fired. */
  readonly #visited = createSlot()
  #currentTick: number

  /** `onError` hears what an owner throws, which is a fault in the program; without it the fault is thrown on, later. */
  constructor(options: {
    tickMs: number
    slotCount: number
    nowMs: number
    onError?: (error: unknown) => void
  }) {
    this.#onError = options.onError ?? throwLater
    this.#tickMs = options.tickMs
    this.#currentTick = Math.floor(options.nowMs / options.tickMs)
    this.#slots = Array.from({ length: options.slotCount }, createSlot)
  }

  /** Makes the node fire at `dueMs`; a moment it waited for before is forgotten. */
  schedule(node: WheelNode, dueMs: number): void {
    unlink(node)
    node.dueMs = dueMs
    const tick = Math.max(Math.ceil(dueMs / this.#tickMs), this.#currentTick + 1)
    append(this.#slots[tick % this.#slots.length] as WheelNode, node)
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

  /**
   * Nodes of later rounds share the slot and go back to it; nodes that a callback schedules land in later slots. The nodes
   * are taken from a list of their own, always the first one: a callback may cancel or move any of them.
   */
  #fireSlot(slot: WheelNode, nowMs: number): void {
    const visited = this.#visited
    moveAll(slot, visited)
    for (let node = visited.next as WheelNode; node !== visited; node = visited.next as WheelNode) {
      unlink(node)
      if (node.dueMs <= nowMs) this.#fire(node, nowMs)
      else append(slot, node)
    }
  }

  /** One that fails must not keep the others from their moment. */
  #fire(node: WheelNode, nowMs: number): void {
    try {
      node.owner.onDue(nowMs)
    } catch (error) {
      this.#onError(error)
    }
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

function createSlot(): WheelNode {
  const slot = new WheelNode({ onDue: () => {} })
  slot.previous = slot
  slot.next = slot
  return slot
}

function append(slot: WheelNode, node: WheelNode): void {
  const last = slot.previous as WheelNode
  last.next = node
  node.previous = last
  node.next = slot
  slot.previous = node
}

/** Empties a slot into another one, which must be empty. */
function moveAll(from: WheelNode, to: WheelNode): void {
  const { next, previous } = from
  if (next === from || next === undefined || previous === undefined) return
  to.next = next
  to.previous = previous
  next.previous = to
  previous.next = to
  from.next = from
  from.previous = from
}

function unlink(node: WheelNode): void {
  const { previous, next } = node
  if (previous === undefined || next === undefined) return
  previous.next = next
  next.previous = previous
  node.previous = undefined
  node.next = undefined
}
