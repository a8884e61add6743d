import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import type { IngressCounts } from '../../stats/counters.ts'
import type { NoteLimiter } from '../../util/noteLimiter.ts'
import { bindSocket, MAX_MESSAGE_BYTES } from '../../zeroMq/bindSocket.ts'
import type { Router, ZeroMq } from '../../zeroMq/loadZeroMq.ts'
import { type Command, type CommandResult, type Commands, countFailure } from '../commands.ts'
import { messageFaults } from '../messageFaults.ts'
import {
  encodeRpcReply,
  parseRpcMap,
  parseRpcRequest,
  type RpcReply,
  requestId,
  splitFrames,
} from './rpcMessage.ts'

/** Requests that wait for their answers; then none is read. Pushpin: operations.md §1.1. */
const MAX_PENDING = 100
/** Requests that wait to be read. */
const RECEIVE_HIGH_WATER_MARK = 100
/** How long answers may take to get out when the server stops. */
const LINGER_MS = 500

/** Where commands come in, and what carries them out. */
export interface CommandSocketOptions {
  readonly spec: string
  readonly ipcFileMode: number | undefined
  readonly commands: Commands
  /** Where the other sockets are, by Pushpin's names for them. */
  readonly uris: Readonly<Record<string, string>>
  readonly counts: IngressCounts
  readonly log: Log
}

/** Opens the socket that takes commands. Throws LISTEN_FAILED. Pushpin: `command_spec`, operations.md §2. */
export async function openCommandSocket(
  zeroMq: ZeroMq,
  options: CommandSocketOptions,
): Promise<CommandSocket> {
  const socket = new zeroMq.Router({
    receiveHighWaterMark: RECEIVE_HIGH_WATER_MARK,
    linger: LINGER_MS,
    maxMessageSize: MAX_MESSAGE_BYTES,
    // A reply that cannot be queued is dropped by a ROUTER; there is nothing to wait for.
    sendTimeout: 0,
  })
  try {
    await bindSocket(socket, options.spec, options)
  } catch (error) {
    socket.close()
    throw error
  }
  return new CommandSocket(socket, options)
}

/** Answers each request, and each message that is none: Pushpin leaves those in silence, and their senders hanging. */
export class CommandSocket {
  readonly #socket: Router
  readonly #options: CommandSocketOptions
  readonly #commands: ReadonlyMap<string, Command>
  readonly #faults: NoteLimiter
  readonly #pending = new Set<Promise<void>>()
  #isClosing = false
  readonly #done: Promise<void>

  constructor(socket: Router, options: CommandSocketOptions) {
    this.#socket = socket
    this.#options = options
    this.#commands = new Map(Object.entries(options.commands))
    this.#faults = messageFaults('zrpc server', options.log)
    this.#done = this.#run()
  }

  /** Takes no further request, answers those under way, and resolves then. */
  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all(this.#pending)
    this.#socket.close()
    await this.#done
    this.#faults.flush()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#socket.closed) {
        this.#take(await this.#socket.receive())
        if (this.#pending.size >= MAX_PENDING) await Promise.race(this.#pending)
      }
    } catch (error) {
      if (!this.#isClosing) this.#options.log.error('command socket: cannot be read any more', { error })
    }
  }

  #take(parts: readonly Buffer[]): void {
    if (this.#isClosing) return
    const answering = this.#answer(parts).finally(() => this.#pending.delete(answering))
    this.#pending.add(answering)
  }

  async #answer(parts: readonly Buffer[]): Promise<void> {
    const { envelope, content } = splitFrames(parts)
    let id: Buffer | undefined
    let reply: RpcReply
    try {
      const map = parseRpcMap(content)
      id = requestId(map)
      const { method, args } = parseRpcRequest(map)
      reply = await this.#execute(method, args)
    } catch (error) {
      reply = this.#failure(error)
    }
    await this.#send([...envelope, encodeRpcReply(reply, id)])
  }

  async #execute(method: string, args: Readonly<Record<string, unknown>>): Promise<RpcReply> {
    const { uris, counts, log } = this.#options
    log.debug(`command: ${method}`)
    if (method === 'get-zmq-uris') return { success: true, value: uris }
    const command = this.#commands.get(method)
    if (command === undefined) return { success: false, condition: 'method-not-found' }
    const result = await command({ fields: args, encoding: 'tnetstring' })
    if (result.kind === 'published') counts.accepted += result.count
    return replyTo(result)
  }

  #failure(error: unknown): RpcReply {
    const { counts, log } = this.#options
    countFailure(counts, error)
    const reply = failureReply(error)
    if (reply.condition === 'internal-error') log.error('command socket: a request failed', { error })
    if (error instanceof HoldfastError && error.code === 'COMMAND_INVALID') {
      this.#faults.note(`zrpc server: received message with ${error.message}`)
    }
    return reply
  }

  async #send(parts: Buffer[]): Promise<void> {
    try {
      await this.#socket.send(parts)
    } catch (error) {
      this.#faults.note(`command socket: an answer could not be sent: ${(error as Error).message}`)
    }
  }
}

function replyTo(result: CommandResult): RpcReply {
  if (result.kind === 'not-found') return { success: false, condition: 'item-not-found' }
  return { success: true, value: result.kind === 'found' ? result.ids : null }
}

/** Pushpin's conditions, operations.md §2.2; `value` says what is wrong. */
function failureReply(error: unknown): Extract<RpcReply, { success: false }> {
  const code = error instanceof HoldfastError ? error.code : undefined
  const value = error instanceof Error ? error.message : String(error)
  switch (code) {
    case 'COMMAND_INVALID':
    case 'CONTROL_BODY_INVALID':
    case 'ITEM_TOO_LARGE':
      return { success: false, condition: 'bad-request', value }
    case 'ITEM_INVALID':
      return { success: false, condition: 'bad-request', value: `Invalid format: ${value}` }
    case 'BUS_UNAVAILABLE':
      return { success: false, condition: 'service-unavailable', value }
    default:
      return { success: false, condition: 'internal-error' }
  }
}
