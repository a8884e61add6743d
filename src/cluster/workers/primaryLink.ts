import type { Duplex } from 'node:stream'
import type { ChannelFeed, PublishBus, PublishOutcome } from '../../edges/bus.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import type { ChannelObserver } from '../../hub/channelIndex.ts'
import type { Hub } from '../../hub/hub.ts'
import { type ChannelSnapshot, UNKNOWN } from '../../hub/intake.ts'
import { decodeItem, encodeItem } from '../itemCodec.ts'
import { type ChannelSource, OpenChannels } from '../openChannels.ts'
import { decodeData, encodeData } from './frameData.ts'
import { FramePipe, type FramePipeOwner } from './framePipe.ts'
import { type AskFrame, FRAME, type OpenedFrame, type PublishedFrame } from './workerFrames.ts'

/** Answers the primary's questions by their names. Rejects with what failed. */
export type AnswerPrimary = (question: string, argument: unknown) => Promise<unknown>

/** What a worker's end of the connection brings items to, and who hears of its end. */
export interface PrimaryLinkOptions {
  readonly hub: Hub
  readonly log: Log
  /** The primary process is gone. */
  readonly onClose: () => void
}

interface Waiting {
  resolve(outcomes: readonly PublishOutcome[]): void
  reject(error: Error): void
}

/**
 * A worker's end of the connection to the primary: brings the items of the channels that are held here, and takes those that
 * are published here to the primary.
 */
export class PrimaryLink implements ChannelFeed, ChannelSource, PublishBus, ChannelObserver, FramePipeOwner {
  isUp = true
  readonly #hub: Hub
  readonly #log: Log
  readonly #onClose: () => void
  readonly #pipe: FramePipe
  readonly #channels = new OpenChannels(this)
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
    this.#channels.request(channels, onOpen)
  }

  ask(channels: readonly string[]): void {
    const request = ++this.#requestCount
    this.#opening.set(request, channels)
    this.#pipe.send(FRAME.open, encodeData({ request, channels }))
  }

  leave(channels: readonly string[]): void {
    for (const name of channels) this.#hub.restore(name, UNKNOWN)
    this.#pipe.send(FRAME.close, encodeData(channels))
  }

  isHeld(channel: string): boolean {
    return this.#hub.isHeld(channel)
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
    this.#channels.drop([name])
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

  #opened({ request, snapshots }: OpenedFrame): void {
    const channels = this.#opening.get(request) ?? []
    this.#opening.delete(request)
    for (const [i, name] of channels.entries()) {
      const snapshot = snapshots[i]
      if (snapshot !== undefined) this.#hub.restore(name, decodeSnapshot(snapshot))
    }
    this.#channels.opened(channels)
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

function decodeSnapshot({ lastId, items }: OpenedFrame['snapshots'][number]): ChannelSnapshot {
  return { lastId, items: items.map(({ item, ageMs }) => ({ item: decodeItem(item), ageMs })) }
}
