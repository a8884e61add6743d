/** Those of publishers that never asked go when there are so many. */
const MAX_RECEIPTS = 10_000

/** What a node asks another one by, with a ReceiptRange, for how many holds items of its own had there. */
export const RECEIPTS = 'receipts'

/** Items of a node by their numbers. */
export interface ReceiptRange {
  readonly first: number
  readonly count: number
}

/** How many holds items had here, until their publishers ask. */
export class Receipts {
  readonly #holds = new Map<string, number | Promise<number>>()

  /** An item of the node's was taken in. */
  note(node: string, number: number, holds: number | Promise<number>): void {
    this.#holds.set(nameOf(node, number), holds)
    if (this.#holds.size <= MAX_RECEIPTS) return
    const [oldest] = this.#holds.keys()
    if (oldest !== undefined) this.#holds.delete(oldest)
  }

  /** The holds of items of the node's, which are forgotten with that; 0 for those that have not come. */
  take(node: string, { first, count }: ReceiptRange): Promise<number[]> {
    const names = Array.from({ length: Math.min(count, MAX_RECEIPTS) }, (_, i) => nameOf(node, first + i))
    const holds = names.map((name) => this.#holds.get(name) ?? 0)
    for (const name of names) this.#holds.delete(name)
    return Promise.all(holds)
  }
}

function nameOf(node: string, number: number): string {
  return `${node}.${number}`
}
