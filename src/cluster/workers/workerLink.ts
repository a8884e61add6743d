import type { Duplex } from 'node:stream'
import type { PublishBus } from '../../edges/bus.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import type { ChannelSnapshot } from '../../hub/intake.ts'
import { Fifo } from '../../util/fifo.ts'
import { decodeItem, encodeItem } from '../itemCodec.ts'
import { decodeData, encodeData } from './frameData.ts'
import { FramePipe, type FramePipeOwner } from './framePipe.ts'
import type { ItemRelay, ItemTaker } from './itemRelay.ts'
import type { Reach } from './reach.ts'
import {
  type AnswerFrame,
  FRAME,
  type OpenedFrame,
  type OpenFrame,
  type PublishFrame,
  type TellFrame,
} from './workerFrames.ts'

/** What the primary's end of the connection works with, and who hears of its end. */
export interface WorkerLinkOptions {
  /** What the worker's own publishers publish by. */
  readonly bus: PublishBus
  readonly relay: ItemRelay
  readonly log: Log
  /** Hears what the worker tells without being asked. */
  readonly onTold: (subject: string, data: unknown) => void
  /** The worker has left MAX_QUEUED_BYTES unread; it gets no more items, and is to be ended. */
  readonly onStuck: () => void
  readonly onClose: () => void
}

/** Items may wait for a worker that is busy, but not fill the primary's memory while they wait for one that hangs. */
export const MAX_QUEUED_BYTES = 256 * 1024 * 1024

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** The primary's end of the connection to one worker. When that is gone, so is what the worker held. */
export class WorkerLink implements ItemTaker, FramePipeOwner {
  isGone = false
  #isStuck = false
  readonly #options: WorkerLinkOptions
  readonly #pipe: FramePipe
  readonly #channels = new Set<string>()
  /** Of the items sent that the worker has not confirmed; it confirms them in the order in which they were sent. */
  readonly #unconfirmed = new Fifo<Reach | undefined>()
  readonly #waiting = new Map<number, Waiting>()
  #requestCount = 0

  constructor(stream: Duplex, options: WorkerLinkOptions) {
    this.#options = options
    this.#pipe = new FramePipe(stream, this)
  }

  take(item: Buffer, reach: Reach | undefined): void {
    if (this.#isStuck) return
    reach?.sent()
    this.#unconfirmed.push(reach)
    this.#pipe.send(FRAME.item, item)
    if (this.#pipe.queuedBytes > MAX_QUEUED_BYTES) this.#giveUp()
  }

  recover(): void {
    this.#pipe.send(FRAME.recover, NOTHING)
  }

  /** Asks the worker something by name; rejects with WORKER_GONE, or with what failed there. */
  ask(question: string, argument?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = ++this.#requestCount
      this.#waiting.set(request, { resolve, reject })
      this.#pipe.send(FRAME.ask, encodeData({ request, question, argument }))
    })
  }

  onFrame(type: number, content: Buffer): void {
    switch (type) {
      case FRAME.reached:
        this.#reached(decodeData<readonly number[]>(content))
        break
      case FRAME.open:
        this.#open(decodeData<OpenFrame>(content))
        break
      case FRAME.close:
        this.#close(decodeData<readonly string[]>(content))
        break
      case FRAME.publish:
        void this.#publish(decodeData<PublishFrame>(content))
        break
      case FRAME.tell: {
        const { subject, data } = decodeData<TellFrame>(content)
        this.#options.onTold(subject, data)
        break
      }
      case FRAME.answer:
        this.#answered(decodeData<AnswerFrame>(content))
        break
      default:
        this.#options.log.error(`a worker sent a frame of unknown type ${type}`)
    }
  }

  onPipeClose(): void {
    this.isGone = true
    for (const channel of this.#channels) this.#options.relay.close(this, channel)
    this.#channels.clear()
    while (this.#unconfirmed.size > 0) this.#unconfirmed.shift()?.reached(0)
    const gone = new HoldfastError('WORKER_GONE', 'the worker ended before it answered')
    for (const { reject } of this.#waiting.values()) reject(gone)
    this.#waiting.clear()
    this.#options.onClose()
  }

  #giveUp(): void {
    this.#isStuck = true
    this.#options.onStuck()
  }

  #open({ request, channels }: OpenFrame): void {
    for (const channel of channels) this.#channels.add(channel)
    this.#options.relay.open(this, channels, (snapshots) => {
      this.#pipe.send(FRAME.opened, encodeData({ request, snapshots: snapshots.map(encodeSnapshot) }))
    })
  }

  #close(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#channels.delete(channel)
      this.#options.relay.close(this, channel)
    }
  }

  #reached(holds: readonly number[]): void {
    for (const count of holds) this.#unconfirmed.shift()?.reached(count)
  }

  async #publish({ request, items }: PublishFrame): Promise<void> {
    const answer = await this.#outcomes(items)
    this.#pipe.send(FRAME.published, encodeData({ request, ...answer }))
  }

  async #outcomes(items: readonly Buffer[]): Promise<{ holds: number[]; fault: string | undefined }> {
    try {
      const outcomes = await this.#options.bus.publish(items.map(decodeItem))
      return { holds: outcomes.map(({ holds }) => holds), fault: undefined }
    } catch (error) {
      return { holds: [], fault: error instanceof Error ? error.message : String(error) }
    }
  }

  #answered({ request, answer, fault }: AnswerFrame): void {
    const waiting = this.#waiting.get(request)
    this.#waiting.delete(request)
    if (fault === undefined) waiting?.resolve(answer)
    else waiting?.reject(new HoldfastError(fault.code, fault.message))
  }
}

const NOTHING = Buffer.alloc(0)

function encodeSnapshot({ lastId, items }: ChannelSnapshot): OpenedFrame['snapshots'][number] {
  return { lastId, items: items.map(({ item, ageMs }) => ({ item: encodeItem(item), ageMs })) }
}
