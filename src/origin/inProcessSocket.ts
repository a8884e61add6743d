import { EventEmitter } from 'node:events'
import type { AcceptLocally, LocalAcceptance } from '../edges/originSocket.ts'
import type { MessageSocket, MessageSocketOwner, MessageType } from '../edges/socket.ts'
import { HoldfastError } from '../errors.ts'
import type { LocalAnswer, LocalRequest } from '../util/localAnswer.ts'
import { fetchRequest, wireHeaders } from './fetchRequest.ts'

/** What marks messages for the client, and those for the proxy. GRIP: the `grip` extension. */
const MESSAGE_PREFIX = Buffer.from('m:')
const CONTROL_PREFIX = 'c:'

/**
 * Takes WebSockets inside the program: listeners on `socket` belong here, as do first messages and subscriptions. Answering a
 * Response refuses the WebSocket with it.
 */
export type SocketFunction = (
  request: Request,
  socket: InProcessSocket,
  // biome-ignore lint/suspicious/noConfusingVoidType: most such functions return nothing.
) => Response | void | Promise<Response | void>

/** What happens on such a WebSocket. */
export interface InProcessSocketEvents {
  /** A message of the client: text as a string, binary as a Buffer. */
  message: [content: string | Buffer]
  /** The end, called once; a code is undefined where the client gave none or just broke off. */
  close: [code: number | undefined, reason: string]
}

/** A client's WebSocket as an origin of the program has it. */
export class InProcessSocket extends EventEmitter<InProcessSocketEvents> {
  #socket: MessageSocket | undefined
  /** What is to be done when it is open. */
  #waiting: ((socket: MessageSocket) => void)[] = []

  /** Sends a message to this client alone. */
  send(content: string | Uint8Array): void {
    const type = typeof content === 'string' ? 'text' : 'binary'
    const bytes = Buffer.concat([MESSAGE_PREFIX, Buffer.from(content)])
    this.#do((socket) => socket.send(type, bytes))
  }

  /** Lets the client have what is published on the channel. */
  subscribe(channel: string): void {
    this.control({ type: 'subscribe', channel })
  }

  /** Lets the client have it no more. */
  unsubscribe(channel: string): void {
    this.control({ type: 'unsubscribe', channel })
  }

  /** Tells the proxy something else, such as `{ type: 'keep-alive', timeout: 30 }`. GRIP: control messages. */
  control(message: Readonly<Record<string, unknown>>): void {
    const content = Buffer.from(`${CONTROL_PREFIX}${JSON.stringify(message)}`)
    this.#do((socket) => socket.send('text', content))
  }

  /** Closes the client's WebSocket. */
  close(code?: number, reason = ''): void {
    this.#do((socket) => socket.close(code, reason))
  }

  /** Takes the wire; what was asked before is done now. */
  open(socket: MessageSocket): void {
    this.#socket = socket
    socket.owner = new Ears(this, socket)
    for (const task of this.#waiting.splice(0)) task(socket)
  }

  #do(task: (socket: MessageSocket) => void): void {
    if (this.#socket === undefined) this.#waiting.push(task)
    else task(this.#socket)
  }
}

/** Hears what comes on the wire. */
class Ears implements MessageSocketOwner {
  readonly #events: InProcessSocket
  readonly #socket: MessageSocket
  #code: number | undefined
  #reason = ''

  constructor(events: InProcessSocket, socket: MessageSocket) {
    this.#events = events
    this.#socket = socket
  }

  onMessage(type: MessageType, content: Buffer): void {
    if (type === 'ping') this.#socket.send('pong', content)
    else if (type === 'text') this.#events.emit('message', content.toString())
    else if (type === 'binary') this.#events.emit('message', content)
  }

  onClose(code: number | undefined, reason: string): void {
    this.#code = code
    this.#reason = reason
    this.#socket.close(code, reason)
  }

  onGone(): void {
    this.#events.emit('close', this.#code, this.#reason)
  }

  onDrain(): void {}
}

/** Makes what accepts WebSockets of such a function. */
export function acceptInProcess(takeSocket: SocketFunction): AcceptLocally {
  return async (request) => {
    const socket = new InProcessSocket()
    const refusal = await takeSocket(handshakeRequest(request), socket)
    return refusal instanceof Response ? answerOf(refusal) : acceptance(socket)
  }
}

/** Refuses WebSockets where the program has no use for them. */
export const refuseSockets: AcceptLocally = () => {
  throw new HoldfastError('ORIGIN_BROKEN', 'the origin takes no WebSockets of its own')
}

function acceptance(socket: InProcessSocket): LocalAcceptance {
  return { headers: ['Sec-WebSocket-Extensions', 'grip'], onOpen: (wire) => socket.open(wire) }
}

function handshakeRequest({ body: _, ...request }: LocalRequest): Request {
  const never = new AbortController()
  return fetchRequest({ ...request, body: undefined, bodyLength: undefined }, never.signal)
}

async function answerOf(response: Response): Promise<LocalAnswer> {
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: wireHeaders(response.headers), body }
}
