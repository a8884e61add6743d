/** Connections whose end the origin is still to be told; Pushpin's bound is its number of clients. */
const MAX_PENDING = 50_000

/** Counts the connections that still have to tell their origin of the end, and says when none is left. */
export class Farewells {
  readonly #maxPending: number
  #pending = 0
  #onIdle: (() => void)[] = []

  constructor(maxPending = MAX_PENDING) {
    this.#maxPending = maxPending
  }

  get pending(): number {
    return this.#pending
  }

  /** Takes a place; false when there is none, and the origin is not to be told. */
  begin(): boolean {
    if (this.#pending >= this.#maxPending) return false
    this.#pending++
    return true
  }

  /** Gives a place back that `begin` has given. */
  end(): void {
    this.#pending--
    if (this.#pending > 0) return
    for (const resolve of this.#onIdle) resolve()
    this.#onIdle = []
  }

  /** Resolves when every origin has been told, or could not be. */
  idle(): Promise<void> {
    return this.#pending === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve))
  }
}
