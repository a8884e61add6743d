import { afterAll, beforeAll } from 'vitest'
import { uniqueName } from '../origin.ts'
import { publish } from '../publish.ts'
import { type Running, type StartOptions, startTarget } from '../target.ts'
import type { OriginEnd, SocketScript } from './originEnd.ts'
import {
  dropClients,
  type HandshakeAnswer,
  SocketClient,
  type SocketOptions,
  shakeHands,
} from './socketClient.ts'
import { control, type SocketEvent, tellMessage } from './socketEvent.ts'
import { type SocketOrigin, startSocketOrigin } from './socketOrigin.ts'

/** How the proxy reaches the origin; scenarios run in each. */
export type SocketMode = 'native' | 'over HTTP'

export const SOCKET_MODES: readonly SocketMode[] = ['native', 'over HTTP']

/** What a scenario asks of its WebSocket. */
export interface OpenSocketOptions extends SocketOptions {
  /** What stands in the path behind that of the mode, to pick another route. */
  readonly under?: string
  readonly query?: string
}

/** A WebSocket from end to end. */
export interface JoinedSocket {
  readonly client: SocketClient
  readonly origin: OriginEnd
  readonly path: string
  /** Has the origin send these. */
  tell(...events: readonly SocketEvent[]): void
}

/** A server under test with an origin of WebSockets behind it. */
export class SocketFlow {
  /** Set before the first test by `useSocketFlow`. */
  server!: Running
  origin!: SocketOrigin

  /** Opens a WebSocket whose origin goes by the script. */
  async open(
    mode: SocketMode,
    script: SocketScript = {},
    options: OpenSocketOptions = {},
  ): Promise<JoinedSocket> {
    const path = this.origin.script(script, `${MODE_PATHS[mode]}${options.under ?? ''}`)
    const client = await shakeHands(this.server.port, `${path}${options.query ?? ''}`, options)
    if (!(client instanceof SocketClient))
      throw new Error(`the handshake was refused: ${client.status} ${client.body}`)
    const origin = await this.origin.opened(path)
    return { client, origin, path, tell: (...events) => client.send(tellMessage(events)) }
  }

  /** Sends a handshake that is refused; answers the refusal. */
  async refused(
    mode: SocketMode,
    script: SocketScript = {},
    options: OpenSocketOptions = {},
  ): Promise<HandshakeAnswer> {
    const path = this.origin.script(script, `${MODE_PATHS[mode]}${options.under ?? ''}`)
    const answer = await shakeHands(this.server.port, path, options)
    if (answer instanceof SocketClient) throw new Error('the handshake was accepted')
    return answer
  }

  /** Sends a handshake for any path. */
  shake(path: string, options: SocketOptions = {}): Promise<SocketClient | HandshakeAnswer> {
    return shakeHands(this.server.port, path, options)
  }

  /** Opens a WebSocket that is subscribed to a channel of its own; answers when it is. */
  async subscribed(
    mode: SocketMode,
    script: SocketScript = {},
    options: OpenSocketOptions & { readonly filters?: readonly string[] } = {},
  ): Promise<JoinedSocket & { readonly channel: string }> {
    const channel = uniqueName('channel')
    const subscribe = control({ type: 'subscribe', channel, filters: options.filters })
    const opening = [...(script.opening ?? []), subscribe]
    const joined = await this.open(mode, { ...script, opening }, options)
    await this.server.subscribed(channel)
    return { ...joined, channel }
  }

  publish(...items: readonly unknown[]): Promise<void> {
    return publish(this.server, ...items)
  }
}

const MODE_PATHS: Readonly<Record<SocketMode, string>> = { native: '/native', 'over HTTP': '/http' }

/** Starts a server with an origin of WebSockets before the tests of a file, and ends both after them. */
export function useSocketFlow(
  moreRoutes: (origin: string) => readonly string[] = () => [],
  options: Omit<StartOptions, 'routes'> = {},
): SocketFlow {
  const flow = new SocketFlow()
  beforeAll(async () => {
    flow.origin = await startSocketOrigin()
    const { address } = flow.origin
    const routes = [
      `*,path_beg=/native ${address}`,
      `*,path_beg=/http ${address},over_http`,
      ...moreRoutes(address),
    ]
    flow.server = await startTarget({ ...options, routes })
  })
  afterAll(async () => {
    dropClients()
    await flow.server?.stop()
    await flow.origin?.stop()
  })
  return flow
}

/** An item that WebSockets on the channel get. */
export function socketItem(
  channel: string,
  format: Record<string, unknown> | string,
): Record<string, unknown> {
  return { channel, formats: { 'ws-message': typeof format === 'string' ? { content: format } : format } }
}
