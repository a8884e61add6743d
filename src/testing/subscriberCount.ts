import type { HoldfastServer, SubscriptionEvent } from '../index.ts'
import { PATIENCE_MS } from './inbox.ts'

/** Knows how many hold which channel, and waits for more or fewer. */
export class SubscriberCount {
  readonly #byKind = new Map<string, number>()
  #onChange: (() => void)[] = []

  constructor(server: HoldfastServer) {
    const note = ({ channel, kind, subscribers }: SubscriptionEvent): void => {
      this.#byKind.set(keyOf(channel, kind), subscribers)
      const told = this.#onChange
      this.#onChange = []
      for (const tell of told) tell()
    }
    server.on('subscribe', note).on('unsubscribe', note)
  }

  of(channel: string): number {
    return KINDS.reduce((sum, kind) => sum + (this.#byKind.get(keyOf(channel, kind)) ?? 0), 0)
  }

  /** Resolves when the count is as wanted; rejects when that does not come in time. */
  async until(
    channel: string,
    isWanted: (count: number) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<void> {
    let isOver = false
    const timer = setTimeout(() => {
      isOver = true
      this.#onChange.splice(0).forEach((tell) => {
        tell()
      })
    }, patienceMs)
    while (!isWanted(this.of(channel)) && !isOver) {
      await new Promise<void>((resolve) => this.#onChange.push(resolve))
    }
    clearTimeout(timer)
    if (isWanted(this.of(channel))) return
    throw new Error(`channel ${channel}: ${this.of(channel)} subscribers after ${patienceMs} ms`)
  }
}

const KINDS = ['response', 'stream', 'socket'] as const

function keyOf(channel: string, kind: string): string {
  return `${kind} ${channel}`
}
