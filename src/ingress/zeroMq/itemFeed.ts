import type { PublishBus } from '../../edges/bus.ts'
import type { Clock } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import type { IngressCounts } from '../../stats/counters.ts'
import type { NoteLimiter } from '../../util/noteLimiter.ts'
import { messageFaults } from '../messageFaults.ts'

/** Items that are published in one call; as many again may be read meanwhile, and then reading waits. */
const MAX_BATCH = 512

/** How soon a bus that could not take items is asked again. */
const RETRY_MS = 250

/** What the sockets that take items share. */
export interface FeedOptions {
  readonly bus: PublishBus
  readonly clock: Clock
  readonly log: Log
  readonly counts: IngressCounts
}

/** A ZeroMQ socket as far as it is read. */
export interface ItemSocket {
  readonly closed: boolean
  receive(): Promise<readonly Buffer[]>
  close(): void
}

/** How the messages of a kind of socket become items. */
export interface ItemForm {
  /** What the log calls the socket. */
  readonly name: string
  /** Throws ITEM_INVALID. */
  parse(parts: readonly Buffer[]): PublishItem
}

/**
 * Reads a socket and publishes what comes, in its order and in batches: what is there when the event loop comes round, or
 * MAX_BATCH. An item is in exactly one of: the socket's own queue, the batch being read, the call under way.
 *
 *     reading --message--> reading            (a call begins when the event loop comes round)
 *     reading --batch is full, or the bus is down--> waiting --call has ended--> reading
 *     any --close--> closed                   (when what was read is published)
 *
 * While the bus is slow or down nothing is read, so that the socket's queue fills and publishers see it; nothing is lost.
 */
export class ItemFeed {
  readonly #socket: ItemSocket
  readonly #form: ItemForm
  readonly #options: FeedOptions
  readonly #faults: NoteLimiter
  #batch: PublishItem[] = []
  #publishing: Promise<void> | undefined
  #isBusDown = false
  #isClosing = false
  readonly #done: Promise<void>

  constructor(socket: ItemSocket, form: ItemForm, options: FeedOptions) {
    this.#socket = socket
    this.#form = form
    this.#options = options
    this.#faults = messageFaults(form.name, options.log)
    this.#done = this.#run()
  }

  /** Takes no further message, publishes what was read, and resolves then; a bus that is down is not waited for. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#socket.close()
    await this.#done
    await this.#publishAll()
    this.#faults.flush()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isClosing) {
        this.#take(await this.#socket.receive())
        if (this.#batch.length >= MAX_BATCH || this.#isBusDown) await this.#publishAll()
      }
    } catch (error) {
      // `receive` rejects when the socket is closed under it; there is no other way to end it.
      if (!this.#isClosing) this.#options.log.error(`${this.#form.name}: cannot be read any more`, { error })
    }
  }

  #take(parts: readonly Buffer[]): void {
    try {
      this.#batch.push(this.#form.parse(parts))
    } catch (error) {
      this.#refuse(error)
      return
    }
    if (this.#batch.length === 1) this.#options.clock.soon(this.#onTurn)
  }

  /** An error without a code is a fault in the program; it, too, must not end the reading. */
  #refuse(error: unknown): void {
    const { counts, log } = this.#options
    counts.invalid++
    if (error instanceof HoldfastError) {
      const text = error.code === 'ITEM_TOO_LARGE' ? error.message : `received message with ${error.message}`
      this.#faults.note(`${this.#form.name}: ${text}, skipping`)
    } else {
      log.error(`${this.#form.name}: a message could not be read`, { error })
    }
  }

  readonly #onTurn = (): void => {
    void this.#publishAll()
  }

  /** Resolves when all that was read is published. One call is under way at a time, which keeps the order over retries. */
  #publishAll(): Promise<void> {
    this.#publishing ??= this.#publishBatches().finally(() => {
      this.#publishing = undefined
    })
    return this.#publishing
  }

  async #publishBatches(): Promise<void> {
    while (this.#batch.length > 0) {
      const items = this.#batch
      this.#batch = []
      await this.#publish(items)
    }
  }

  async #publish(items: readonly PublishItem[]): Promise<void> {
    for (let left = await this.#attempt(items); left.length > 0; left = await this.#attempt(left)) {
      await new Promise<void>((resolve) => {
        this.#options.clock.after(RETRY_MS, resolve)
      })
    }
  }

  /** Answers the items that ask for another attempt: none, or all but those that the bus refuses for what they are. */
  async #attempt(items: readonly PublishItem[]): Promise<readonly PublishItem[]> {
    const { bus, log, counts } = this.#options
    const refused = new Set<PublishItem>()
    const onRefused = (item: PublishItem, reason: HoldfastError): void => {
      refused.add(item)
      this.#refuse(reason)
    }
    try {
      await bus.publish(items, { countsHolds: false, onRefused })
      counts.accepted += items.length - refused.size
      if (this.#isBusDown) log.info(`${this.#form.name}: reading again`)
      this.#isBusDown = false
      return []
    } catch (error) {
      const left = items.filter((item) => !refused.has(item))
      if (isUnavailable(error) && !this.#isClosing) {
        this.#noteDown(error)
        return left
      }
      counts.unavailable += left.length
      log.error(`${this.#form.name}: ${left.length} items are lost: ${(error as Error).message}`, { error })
      return []
    }
  }

  #noteDown(error: HoldfastError): void {
    if (this.#isBusDown) return
    this.#isBusDown = true
    this.#options.log.warn(`${this.#form.name}: not reading: ${error.message}`, { code: error.code })
  }
}

function isUnavailable(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError && error.code === 'BUS_UNAVAILABLE'
}
