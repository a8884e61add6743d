/** Where channels' items come from. */
export interface ChannelSource {
  /** Is to have the items sent, and to call `opened` when they flow. */
  ask(channels: readonly string[]): void
  /** Nobody holds the channels any more, which had been opened. */
  leave(channels: readonly string[]): void
  /** Whether somebody here holds the channel. */
  isHeld(channel: string): boolean
}

/** A channel that its source was asked for. */
interface AskedChannel {
  /** Undefined once it is open. */
  waiters: OpenRequest[] | undefined
}

/** Somebody who waits for several channels. */
interface OpenRequest {
  missing: number
  readonly onOpen: () => void
}

/**
 * The channels whose items come from elsewhere, and those who wait for that.
 *
 *     a channel: unknown --open--> asked --opened--> open --nobody holds it--> unknown
 */
export class OpenChannels {
  readonly #source: ChannelSource
  readonly #channels = new Map<string, AskedChannel>()

  constructor(source: ChannelSource) {
    this.#source = source
  }

  /** The channels that are open. */
  get open(): readonly string[] {
    return [...this.#channels].flatMap(([name, { waiters }]) => (waiters === undefined ? [name] : []))
  }

  /** The channels that the source was asked for and that are not open. */
  get asked(): readonly string[] {
    return [...this.#channels].flatMap(([name, { waiters }]) => (waiters === undefined ? [] : [name]))
  }

  /** Calls back when all of the channels are open, at once where they are. */
  request(channels: readonly string[], onOpen: () => void): void {
    const names = [...new Set(channels)]
    const unknown = names.filter((name) => !this.#channels.has(name))
    const request = { missing: 0, onOpen: () => this.#hold(names, onOpen) }
    for (const name of unknown) this.#channels.set(name, { waiters: [] })
    for (const name of names) {
      const waiters = this.#channels.get(name)?.waiters
      if (waiters === undefined) continue
      request.missing++
      waiters.push(request)
    }
    if (request.missing === 0) request.onOpen()
    if (unknown.length > 0) this.#source.ask(unknown)
  }

  /** The items of these channels come. */
  opened(channels: readonly string[]): void {
    const waiters = channels.flatMap((name) => {
      const asked = this.#channels.get(name)
      const waiting = asked?.waiters ?? []
      if (asked !== undefined) asked.waiters = undefined
      return waiting
    })
    for (const waiter of waiters) {
      waiter.missing--
      if (waiter.missing === 0) waiter.onOpen()
    }
  }

  /** Leaves those of the channels that are open. */
  drop(channels: readonly string[]): void {
    const open = channels.filter((name) => {
      const asked = this.#channels.get(name)
      return asked !== undefined && asked.waiters === undefined && this.#channels.delete(name)
    })
    if (open.length > 0) this.#source.leave(open)
  }

  /** What nobody subscribes to in the callback is given back. */
  #hold(channels: readonly string[], onOpen: () => void): void {
    onOpen()
    this.drop(channels.filter((name) => !this.#source.isHeld(name)))
  }
}
