import type { ServerResponse } from 'node:http'
import { afterAll } from 'vitest'
import type { HeaderList } from './client.ts'
import { type Flow, useFlow } from './flow.ts'
import { type FrameClient, sendHandshake } from './frameClient.ts'
import { encodeClose, encodeFrame, type Frame, Opcode } from './frames.ts'
import type { Answer, OriginRequest } from './origin.ts'
import { type StartOptions, target } from './target.ts'

export const EVENTS_TYPE = 'application/websocket-events'

/** One event, as on the wire. */
export function eventOf(type: string, content: string): string {
  return `${type} ${Buffer.byteLength(content, 'latin1').toString(16)}\r\n${content}\r\n`
}

/** An answer with events; `\r\n` stands for line ends as on the wire. */
export function eventsAnswer(body = '', headers: HeaderList = []): Answer {
  return { headers: [['Content-Type', EVENTS_TYPE], ...headers], body: Buffer.from(body, 'latin1') }
}

/** Answers a request that a script has held back. */
export function answerHeld(response: ServerResponse, body = '', headers: HeaderList = []): void {
  response.writeHead(200, ['Content-Type', EVENTS_TYPE, ...headers.flat()])
  response.end(Buffer.from(body, 'latin1'))
}

/** Says in words what a client got: `text hi`, `close 1000 bye`. */
export function frameWords({ opcode, content }: Frame): string {
  if (opcode === Opcode.close) {
    return content.length < 2
      ? 'close'
      : `close ${content.readUInt16BE()} ${content.toString('utf8', 2)}`.trim()
  }
  const [type = `opcode ${opcode}`] = Object.entries(Opcode).find(([, code]) => code === opcode) ?? []
  return `${type} ${content}`.trimEnd()
}

/** A client's WebSocket whose origin is asked by HTTP. */
export class OverHttpSocketTest {
  readonly path: string
  readonly client: FrameClient
  readonly #flow: Flow

  constructor(flow: Flow, path: string, client: FrameClient) {
    this.#flow = flow
    this.path = path
    this.client = client
  }

  /** Sends a whole message or control frame. */
  send(opcode: keyof typeof Opcode, content: string | Buffer = ''): void {
    this.client.send(encodeFrame(Opcode[opcode], content))
  }

  close(code?: number, reason = ''): void {
    this.client.send(encodeClose(code, reason))
  }

  /** Takes the next frame. */
  async next(): Promise<string> {
    return frameWords(await this.client.next())
  }

  /** What came until the end of the connection. */
  async rest(): Promise<string[]> {
    return (await this.client.rest()).map(frameWords)
  }

  /** Sees the connection fail: holdfast says so with a Close of this code, Pushpin just drops it. */
  async fails(code: number): Promise<string[]> {
    if (target.name === 'pushpin') return this.rest()
    const word = await this.next()
    if (!word.startsWith(`close ${code} `)) throw new Error(`instead of a failure came: ${word}`)
    this.close(code)
    return this.rest()
  }

  /** The n-th request, counting from 1, which is that of the opening. */
  request(n: number): Promise<OriginRequest> {
    return this.#flow.origin.request(this.path, n)
  }

  /** The events of the n-th request, as on the wire. */
  async body(n: number): Promise<string> {
    return (await this.request(n)).body.toString('latin1')
  }

  /** How many requests have come. */
  get count(): number {
    return this.#flow.origin.requests(this.path).length
  }
}

const clients = new Set<FrameClient>()
const heldBack = new Set<ServerResponse>()
/** The tests are over: nothing is held back any more. */
let isOver = false

/** Sends a handshake for a path. */
export async function shake(flow: Flow, path: string, fields = ''): Promise<FrameClient> {
  const client = await sendHandshake(flow.server.port, { target: path, fields })
  clients.add(client)
  return client
}

/** Opens a WebSocket for a path. */
export async function openPath(flow: Flow, path: string, fields = ''): Promise<OverHttpSocketTest> {
  const client = await shake(flow, path, fields)
  const head = await client.answered()
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`the handshake was refused: ${head}`)
  return new OverHttpSocketTest(flow, path, client)
}

/** Opens a WebSocket whose origin accepts it, and then gives these answers; the last one again and again. */
export function open(
  flow: Flow,
  answers: readonly Answer[] = [eventsAnswer()],
  options: { readonly under?: string; readonly opening?: Answer; readonly fields?: string } = {},
): Promise<OverHttpSocketTest> {
  const { opening = eventsAnswer('OPEN\r\n'), under, fields } = options
  return openPath(flow, flow.origin.answers([opening, ...answers], under), fields)
}

/** Opens a WebSocket whose requests after the opening wait for the test to answer them. */
export async function openHeld(
  flow: Flow,
  under = '',
): Promise<OverHttpSocketTest & { readonly responses: ServerResponse[] }> {
  const responses: ServerResponse[] = []
  let isOpen = false
  const path = flow.origin.script((request, response) => {
    request.incoming.on('end', () => {
      if (isOpen && !isOver) {
        responses.push(response)
        heldBack.add(response)
        return
      }
      isOpen = true
      answerHeld(response, 'OPEN\r\n')
    })
  }, under)
  return Object.assign(await openPath(flow, path), { responses })
}

/** Starts a server whose routes lead to the origin over HTTP: `/one` with one event a request, all else with many. */
export function useOverHttpFlow(
  moreRoutes: (origin: string) => readonly string[] = () => [],
  options: Omit<StartOptions, 'routes'> = {},
): Flow {
  const flow = useFlow(
    (origin) => [
      ...moreRoutes(origin),
      `*,path_beg=/one ${origin},over_http,one_event`,
      `* ${origin},over_http`,
    ],
    options,
  )
  // Before the server is stopped, which would wait for them, and for answers.
  afterAll(() => {
    for (const client of clients) client.destroy()
    clients.clear()
    isOver = true
    for (const response of heldBack) response.destroy()
  })
  return flow
}
