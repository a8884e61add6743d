import { afterAll, beforeAll } from 'vitest'
import {
  get,
  getOutcome,
  type HeaderList,
  type LongPoll,
  longPoll,
  type OpenStream,
  openStream,
  type RequestOptions,
} from './client.ts'
import type { RawResponse } from './httpResponse.ts'
import {
  type Answer,
  headerPairs,
  type OriginRequest,
  type ScriptedOrigin,
  startOrigin,
  uniqueName,
} from './origin.ts'
import { publish, streamItem } from './publish.ts'
import { connect, type RawClient } from './rawClient.ts'
import { type Running, type StartOptions, startTarget, useTarget } from './target.ts'

/** A server under test with an origin behind it, and the steps that most tests take. */
export class Flow {
  /** Set before the first test by `useFlow`. */
  server!: Running
  origin!: ScriptedOrigin

  get(target: string, options?: RequestOptions): Promise<RawResponse> {
    return get(this.server.port, target, options)
  }

  getOutcome(target: string, options?: RequestOptions): Promise<RawResponse> {
    return getOutcome(this.server.port, target, options)
  }

  connect(): Promise<RawClient> {
    return connect(this.server.port)
  }

  /** Gets what the origin answers. */
  async answered(answer: Answer, under = '', options?: RequestOptions): Promise<RawResponse> {
    return this.get(this.origin.answer(answer, under), options)
  }

  /** Sends a request for a path below `under` and answers how it reached the origin. */
  async seen(under = '', options: RequestOptions & { readonly query?: string } = {}): Promise<OriginRequest> {
    const path = this.origin.answer({ body: 'seen' }, under)
    const response = await this.get(`${path}${options.query ?? ''}`, options)
    if (response.text !== 'seen')
      throw new Error(`the origin was not reached: ${response.status} ${response.text}`)
    return this.origin.request(path)
  }

  openStream(target: string, options?: RequestOptions): Promise<OpenStream> {
    return openStream(this.server.port, target, options)
  }

  /** Opens a stream that the origin holds on a channel of its own; answers when it is subscribed. */
  async heldStream(
    answer: Answer = {},
    options: HoldOptions = {},
  ): Promise<{ stream: OpenStream; channel: string }> {
    const { channel, path } = this.#holdPath('stream', answer, options)
    const stream = await this.openStream(path, options)
    await this.server.subscribed(options.subscribedAs ?? channel)
    return { stream, channel }
  }

  /** Sends a long poll that the origin holds on a channel of its own; answers when it is subscribed. */
  async heldPoll(
    answer: Answer = {},
    options: HoldOptions = {},
  ): Promise<{ poll: LongPoll; channel: string; path: string }> {
    const { channel, path } = this.#holdPath('response', answer, options)
    const poll = await longPoll(this.server.port, path, options)
    await this.server.subscribed(options.subscribedAs ?? channel)
    return { poll, channel, path }
  }

  longPoll(target: string, options?: RequestOptions): Promise<LongPoll> {
    return longPoll(this.server.port, target, options)
  }

  publish(...items: readonly unknown[]): Promise<void> {
    return publish(this.server, ...items)
  }

  /**
   * Waits until an item that is published now has come out to a hold that begins now. What was published before has then been handed
   * on, and whatever followed at once from it has happened.
   */
  async settled(): Promise<void> {
    const { stream, channel } = await this.heldStream()
    await this.publish(streamItem(channel, 'settled'))
    await stream.until('settled')
    stream.client.destroy()
  }

  #holdPath(mode: string, answer: Answer, options: HoldOptions): { channel: string; path: string } {
    const channel = options.channel ?? uniqueName('channel')
    const grip: HeaderList = [
      ['Grip-Hold', mode],
      ['Grip-Channel', channel],
    ]
    const path = this.origin.answer(
      { ...answer, headers: [...grip, ...headerPairs(answer.headers)] },
      options.under,
    )
    return { channel, path }
  }
}

/** How `heldStream` and `heldPoll` ask for their hold. */
export interface HoldOptions extends RequestOptions {
  /** The prefix of the path, which picks the route. */
  readonly under?: string
  readonly channel?: string
  /** The name that the subscription has where the route changes it. */
  readonly subscribedAs?: string
}

/** Starts a server with an origin before the tests of a file, and ends both after them. */
export function useFlow(
  routes: (origin: string) => readonly string[],
  options: Omit<StartOptions, 'routes'> = {},
): Flow {
  const flow = new Flow()
  beforeAll(async () => {
    flow.origin = await startOrigin()
  })
  afterAll(() => flow.origin?.stop())
  useTarget(flow, () => startTarget({ ...options, routes: routes(flow.origin.address) }))
  return flow
}
