import type { Clock, Timer } from '../../../src/edges.ts'
import type { FilterContext, FilterResult } from '../../../src/hub/filters/filter.ts'
import { compileFilters } from '../../../src/hub/filters/filterChain.ts'

/** An item `hello` with id `2` on channel `chat`, whose tracked prev-id is `1`, for a hold that also has `news`. */
export function contextOf(changes: Partial<FilterContext> & { text?: string } = {}): FilterContext {
  const { text = 'hello', ...rest } = changes
  return {
    channel: 'chat',
    itemId: '2',
    itemMeta: undefined,
    subscriptionMeta: undefined,
    prevIds: new Map([
      ['chat', '1'],
      ['news', undefined],
    ]),
    content: Buffer.from(text),
    ...rest,
  }
}

/** What the filters make of an item: its text, `drop`, or the error's message after `error: `. */
export function filtered(names: string[], changes: Parameters<typeof contextOf>[0] = {}): string {
  const chain = compileFilters(names)
  if (!chain.isSync) throw new Error('these filters ask the network')
  return shown(chain.run(contextOf(changes)))
}

export function shown(result: FilterResult | { kind: 'cancelled' }): string {
  if (result.kind === 'send') return result.content.toString()
  return result.kind === 'error' ? `error: ${result.message}` : result.kind
}

/** A clock whose time passes when the test says so. */
export class FakeClock implements Clock {
  #nowMs = 1000
  #timers: { dueMs: number; callback: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  every(): Timer {
    throw new Error('not used here')
  }

  soon(callback: () => void): void {
    queueMicrotask(callback)
  }

  get pendingTimers(): number {
    return this.#timers.length
  }

  /** Lets time pass, timer by timer, and what each timer sets off come to rest. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    for (;;) {
      await settled()
      const next = this.#timers.toSorted((one, other) => one.dueMs - other.dueMs)[0]
      if (next === undefined || next.dueMs > endMs) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#nowMs = next.dueMs
      next.callback()
    }
    this.#nowMs = endMs
  }
}

/** Lets everything that is ready to run do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
