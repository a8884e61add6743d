import type { Duplex } from 'node:stream'
import type { ChannelFeed, Log, PublishBus, PublishOutcome } from '../../edges.ts'
import { HoldfastError } from '../../errors.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import type { ChannelObserver } from '../../hub/channelIndex.ts'
import type { Hub } from '../../hub/hub.ts'
import type { ChannelSnapshot } from '../../hub/intake.ts'
import { decodeData, encodeData } from './frameData.ts'
import { FramePipe, type FramePipeOwner } from './framePipe.ts'
import { decodeItem, encodeItem } from './itemCodec.ts'
import { type AskFrame, FRAME, type OpenedFrame, type PublishedFrame } from './workerFrames.ts'

/** Answers the primary's questions by their names. Rejects with what failed. */
export type AnswerPrimary = (question: string, argument: unknown) => Promise<unknown>

export interface PrimaryLinkOptions {
  readonly hub: Hub
  readonly log: Log
  /** The primary process is gone. */
  readonly onClose: () => void
}

/** A channel that the primary was asked for. */
interface AskedChannel {
  /** Undefined once it is open. */
  waiters: OpenRequest[] | undefined
}

/** Somebody who waits for several channels. */
interface OpenRequest {
  missing: number
  readonly onOpen: () => void
}

interface Waiting {
  resolve(outcomes: readonly PublishOutcome[]): void
  reject(error: Error): void
}

/**
 * A worker's end of the connection to the primary: brings the items of the channels that are held here, and takes those that
 * are published here to the primary.
 *
 *     a channel: unknown --open--> asked --OPENED--> open --nobody holds it--> unknown
 */
export class PrimaryLink implements ChannelFeed, PublishBus, ChannelObserver, FramePipeOwner {
  isUp = true
  readonly #hub: Hub
  readonly #log: Log
  readonly #onClose: () => void
  readonly #pipe: FramePipe
  readonly #channels = new Map<string, AskedChannel>()
  /** Channels of the OPEN frames that are not answered, by their numbers. */
  readonly #opening = new Map<number, readonly string[]>()
  readonly #publishing = new Map<number, Waiting>()
  #answerPrimary: AnswerPrimary = async (question) => {
    throw new HoldfastError('WORKER_GONE', `${question}: the worker has not started`)
  }
  #requestCount = 0
  /** Holds that the items reached of which the primary was not told yet. */
  #reached: number[] = []

  constructor(stream: Duplex, options: PrimaryLinkOptions) {
    this.#hub = options.hub
    this.#log = options.log
    this.#onClose = options.onClose
    this.#pipe = new FramePipe(stream, this)
    this.#hub.observe(this)
  }

  /** From now on the primary's questions are answered. */
  answerBy(answer: AnswerPrimary): void {
    this.#answerPrimary = answer
  }

  open(channels: readonly string[], onOpen: () => void): void {
    const unknown = channels.filter((name) => !this.#channels.has(name))
    const request = { missing: 0, onOpen: () => this.#hold(channels, onOpen) }
    for (const name of new Set(unknown)) this.#channels.set(name, { waiters: [] })
    for (const name of new Set(channels)) {
      const waiters = this.#channels.get(name)?.waiters
      if (waiters === undefined) continue
      request.missing++
      waiters.push(request)
    }
    if (unknown.length > 0) this.#askFor([...new Set(unknown)])
    if (request.missing === 0) request.onOpen()
  }

  async publish(items: readonly PublishItem[]): Promise<readonly PublishOutcome[]> {
    const request = ++this.#requestCount
    return new Promise((resolve, reject) => {
      this.#publishing.set(request, { resolve, reject })
      this.#pipe.send(FRAME.publish, encodeData({ request, items: items.map(encodeItem) }))
    })
  }

  /** Tells the primary something. */
  tell(subject: string, data: unknown): void {
    this.#pipe.send(FRAME.tell, encodeData({ subject, data }))
  }

  async close(): Promise<void> {
    this.#hub.flush()
    this.#pipe.close()
  }

  channelOpened(): void {}

  channelDropped(name: string): void {
    this.#drop([name])
  }

  onFrame(type: number, content: Buffer): void {
    switch (type) {
      case FRAME.item:
        this.#deliver(content)
        break
      case FRAME.opened:
        this.#opened(decodeData<OpenedFrame>(content))
        break
      case FRAME.published:
        this.#published(decodeData<PublishedFrame>(content))
        break
      case FRAME.recover:
        this.#hub.recover()
        break
      case FRAME.ask:
        void this.#answer(decodeData<AskFrame>(content))
        break
      default:
        this.#log.error(`the primary sent a frame of unknown type ${type}`)
    }
  }

  onPipeClose(): void {
    this.isUp = false
    const gone = new HoldfastError('BUS_UNAVAILABLE', 'the primary process is gone')
    for (const { reject } of this.#publishing.values()) reject(gone)
    this.#publishing.clear()
    this.#onClose()
  }

  #askFor(channels: readonly string[]): void {
    const request = ++this.#requestCount
    this.#opening.set(request, channels)
    this.#pipe.send(FRAME.open, encodeData({ request, channels }))
  }

  #opened({ request, snapshots }: OpenedFrame): void {
    const channels = this.#opening.get(request) ?? []
    this.#opening.delete(request)
    const waiters = channels.flatMap((name, i) => {
      const snapshot = snapshots[i]
      if (snapshot !== undefined) this.#hub.restore(name, decodeSnapshot(snapshot))
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

  /** What nobody subscribes to in the callback is given back. */
  #hold(channels: readonly string[], onOpen: () => void): void {
    onOpen()
    this.#drop(channels.filter((name) => this.#hub.channel(name) === undefined))
  }

  #drop(names: readonly string[]): void {
    const open = names.filter((name) => {
      const asked = this.#channels.get(name)
      return asked !== undefined && asked.waiters === undefined && this.#channels.delete(name)
    })
    if (open.length === 0) return
    for (const name of open) this.#hub.restore(name, UNKNOWN)
    this.#pipe.send(FRAME.close, encodeData(open))
  }

  #deliver(content: Buffer): void {
    if (this.#reached.length === 0) process.nextTick(this.#confirm)
    this.#reached.push(this.#hub.deliver(decodeItem(content)))
  }

  readonly #confirm = (): void => {
    this.#pipe.send(FRAME.reached, encodeData(this.#reached))
    this.#reached = []
  }

  #published({ request, holds, fault }: PublishedFrame): void {
    const waiting = this.#publishing.get(request)
    this.#publishing.delete(request)
    if (fault === undefined) waiting?.resolve(holds.map((count) => ({ holds: count })))
    else waiting?.reject(new HoldfastError('BUS_UNAVAILABLE', fault))
  }

  async #answer({ request, question, argument }: AskFrame): Promise<void> {
    const result = await this.#resultOf(question, argument)
    this.#pipe.send(FRAME.answer, encodeData({ request, ...result }))
  }

  async #resultOf(question: string, argument: unknown): Promise<Record<string, unknown>> {
    try {
      return { answer: await this.#answerPrimary(question, argument), fault: undefined }
    } catch (error) {
      const code = error instanceof HoldfastError ? error.code : 'WORKER_GONE'
      return {
        answer: undefined,
        fault: { code, message: error instanceof Error ? error.message : String(error) },
      }
    }
  }
}

/** What is known of a channel that nobody holds. */
const UNKNOWN: ChannelSnapshot = { lastId: undefined, items: [] }

function decodeSnapshot({ lastId, items }: OpenedFrame['snapshots'][number]): ChannelSnapshot {
  return { lastId, items: items.map(({ item, ageMs }) => ({ item: decodeItem(item), ageMs })) }
}
