/** How long something is waited for, unless a test says otherwise. */
export const PATIENCE_MS = 5000

interface Waiter<T> {
  readonly take: (value: T) => void
  readonly fail: (error: Error) => void
}

/** What has come and was not asked for yet, or was asked for and has not come yet. */
export class Inbox<T> {
  readonly #name: string
  readonly #values: T[] = []
  readonly #waiters: Waiter<T>[] = []
  #end: string | undefined

  /** The name is for error messages, as in `stream /events`. */
  constructor(name: string) {
    this.#name = name
  }

  put(value: T): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#values.push(value)
    else waiter.take(value)
  }

  /** Nothing more will come; `how` is for error messages. */
  end(how: string): void {
    this.#end ??= how
    for (const { fail } of this.#waiters.splice(0)) fail(new Error(`${this.#name}: ${this.#end}`))
  }

  /** Resolves to the next value in order. Rejects when it does not come in time, or at the end. */
  next(patienceMs = PATIENCE_MS): Promise<T> {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift() as T)
    if (this.#end !== undefined) return Promise.reject(new Error(`${this.#name}: ${this.#end}`))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        reject(new Error(`${this.#name}: nothing came within ${patienceMs} ms`))
      }, patienceMs)
      const waiter: Waiter<T> = {
        take: (value) => {
          clearTimeout(timer)
          resolve(value)
        },
        fail: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      this.#waiters.push(waiter)
    })
  }
}
