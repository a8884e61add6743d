import { connect as connectHttp2 } from 'node:http2'
import { longPoll, openStream } from './client.ts'
import { type ScriptedOrigin, startOrigin, uniqueName } from './origin.ts'
import { SocketClient, shakeHands } from './webSocket/socketClient.ts'
import { control, text } from './webSocket/socketEvent.ts'
import { type SocketOrigin, startSocketOrigin } from './webSocket/socketOrigin.ts'

/** The origins of every kind of hold. */
export interface Origins {
  readonly http: ScriptedOrigin
  readonly socket: SocketOrigin
}

/** A client that is held, whatever it is. */
export interface HeldClient {
  /** What it was sent so far. */
  text(): string
  /** How many items it is good for. */
  readonly items: number
  leave(how: 'end' | 'reset'): void
}

/** What a client is to be held with. */
export interface HoldTerms {
  readonly channel: string
  /** What the origin sends it first: a body, or a WebSocket message. */
  readonly body?: string | undefined
}

/** A kind of hold: asks by `port` for a hold. */
export interface HeldKind {
  readonly name: string
  readonly isTls?: boolean
  open(port: number, origins: Origins, terms: HoldTerms): Promise<HeldClient>
}

/** Starts the origins. */
export async function startOrigins(): Promise<Origins> {
  return { http: await startOrigin(), socket: await startSocketOrigin() }
}

const hold = (origins: Origins, mode: string, { channel, body = 'held\n' }: HoldTerms): string =>
  origins.http.answer(
    {
      headers: [
        ['Grip-Hold', mode],
        ['Grip-Channel', channel],
      ],
      body,
    },
    '/plain',
  )

const stream: HeldKind = {
  name: 'a stream',
  async open(port, origins, terms) {
    const opened = await openStream(port, hold(origins, 'stream', terms), { timeoutMs: 20_000 })
    return {
      items: Number.POSITIVE_INFINITY,
      text: () => opened.text,
      leave: (how) => leave(opened.client.socket, how),
    }
  },
}

const poll: HeldKind = {
  name: 'a long poll',
  async open(port, origins, terms) {
    const asked = await longPoll(port, hold(origins, 'response', terms))
    let answer = ''
    void asked.answer(20_000).then(
      ({ text }) => {
        answer = text
      },
      () => {},
    )
    return { items: 1, text: () => answer, leave: (how) => leave(asked.client.socket, how) }
  },
}

function socket(name: string, under: string): HeldKind {
  return {
    name,
    async open(port, origins, terms) {
      const { channel, body } = terms
      const first = body === undefined ? [] : [text(`m:${body}`)]
      const opening = [...first, control({ type: 'subscribe', channel })]
      const path = origins.socket.script({ opening }, under)
      const client = await shakeHands(port, path)
      if (!(client instanceof SocketClient)) throw new Error(`refused with ${client.status}`)
      return {
        items: Number.POSITIVE_INFINITY,
        text: () => client.heard.join('\n'),
        leave: (how) => (how === 'end' ? client.socket.close(1000) : client.drop()),
      }
    },
  }
}

const http2Stream: HeldKind = {
  name: 'a stream by HTTP/2',
  isTls: true,
  async open(port, origins, terms) {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    session.on('error', () => {})
    const request = session.request({ ':path': hold(origins, 'stream', terms) })
    request.on('error', () => {})
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    await new Promise<void>((resolve, reject) => {
      request.once('response', () => resolve())
      request.once('close', () => reject(new Error('the stream ended before its answer')))
    })
    return { items: Number.POSITIVE_INFINITY, text: () => text, leave: () => session.destroy() }
  },
}

function leave(connection: { end(): void; resetAndDestroy(): void }, how: 'end' | 'reset'): void {
  if (how === 'end') connection.end()
  else connection.resetAndDestroy()
}

/** Every kind of hold. */
export const HELD_KINDS: readonly HeldKind[] = [
  stream,
  poll,
  socket('a WebSocket', '/native'),
  socket('a WebSocket over HTTP', '/http'),
  http2Stream,
]

/** A channel that nobody else has. */
export function newChannel(): string {
  return uniqueName('fault')
}
