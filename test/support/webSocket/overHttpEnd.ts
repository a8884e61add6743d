import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OriginEnd, SocketScript } from './originEnd.ts'
import { binary, closeContent, closeFrom, DROP, ping, pong, type SocketEvent, text } from './socketEvent.ts'

const EVENTS_TYPE = 'application/websocket-events'
const GRIP = [['Sec-WebSocket-Extensions', 'grip']] as const

interface WireEvent {
  readonly type: string
  readonly content: Buffer
}

/** The origin's ends of WebSockets that come as HTTP requests. */
export class OverHttpEnds {
  readonly #ends = new Map<string, OriginEnd>()

  /** Answers one request. */
  async serve(
    exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
    script: SocketScript,
    createEnd: () => OriginEnd,
  ): Promise<void> {
    const { request, response } = exchange
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const events = decodeEvents(Buffer.concat(chunks))
    const isOpening = events[0]?.type === 'OPEN'
    if (isOpening && script.refusal !== undefined) {
      refuse(response, script.refusal)
      return
    }
    const id = String(request.headers['connection-id'])
    if (isOpening) this.#ends.set(id, createEnd())
    const end = this.#ends.get(id)
    if (end === undefined) {
      response.writeHead(404).end('no such connection\n')
      return
    }
    const reactions = events.flatMap((event) => reactionsTo(event, { end, script }))
    answer(response, reactions, isOpening ? (script.headers ?? GRIP) : [])
  }
}

function reactionsTo(
  event: WireEvent,
  { end, script }: { readonly end: OriginEnd; readonly script: SocketScript },
): readonly (SocketEvent | 'open')[] {
  switch (event.type) {
    case 'OPEN':
      return ['open', ...(script.opening ?? [])]
    case 'TEXT':
      return end.receive(text(event.content))
    case 'BINARY':
      return end.receive(binary(event.content))
    case 'PING':
      return end.receive(ping(event.content.toString()))
    case 'PONG':
      return end.receive(pong(event.content.toString()))
    case 'CLOSE':
      return end.receive(closeFrom(event.content))
    case 'DISCONNECT':
      return end.receive(DROP)
    default:
      throw new Error(`the proxy sent an event ${event.type}`)
  }
}

function answer(
  response: ServerResponse,
  events: readonly (SocketEvent | 'open')[],
  headers: readonly (readonly [string, string])[],
): void {
  if (events.some((event) => event !== 'open' && event.kind === 'drop')) {
    response.writeHead(500).end()
    return
  }
  response.writeHead(200, ['Content-Type', EVENTS_TYPE, ...headers.flat()])
  response.end(Buffer.concat(events.map(encodeEvent)))
}

function refuse(response: ServerResponse, refusal: NonNullable<SocketScript['refusal']>): void {
  const { status, reason = 'Refused', headers = [], body = '' } = refusal
  response.sendDate = false
  response.writeHead(status, reason, [...headers.flat(), 'Content-Length', String(Buffer.byteLength(body))])
  response.end(body)
}

function encodeEvent(event: SocketEvent | 'open'): Buffer {
  if (event === 'open') return Buffer.from('OPEN\r\n')
  if (event.kind === 'drop') throw new Error('a drop is no event')
  const type = event.kind.toUpperCase()
  const content = event.kind === 'close' ? closeContent(event) : event.content
  if (content.length === 0) return Buffer.from(`${type}\r\n`)
  return Buffer.concat([
    Buffer.from(`${type} ${content.length.toString(16)}\r\n`),
    content,
    Buffer.from('\r\n'),
  ])
}

/** Reads what a proxy sends, which is to be exact. */
function decodeEvents(body: Buffer): WireEvent[] {
  const events: WireEvent[] = []
  let position = 0
  while (position < body.length) {
    const lineEnd = body.indexOf('\r\n', position)
    const [, type, size] =
      /^([A-Z]+)(?: ([0-9a-f]+))?$/.exec(body.toString('latin1', position, lineEnd)) ?? []
    if (type === undefined)
      throw new Error(`no event at ${position} of ${JSON.stringify(body.toString('latin1'))}`)
    position = lineEnd + 2
    const length = Number.parseInt(size ?? '0', 16)
    events.push({ type, content: body.subarray(position, position + length) })
    if (size !== undefined) position += length + 2
  }
  return events
}
