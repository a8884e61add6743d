import type { Server, Socket } from 'node:net'
import { answerAndClose } from './earlyError.ts'
import type { RefusalLog } from './refusalLog.ts'
import { whenGone } from './whenGone.ts'

/** How many connections there may be, and who hears of more. */
export interface ConnectionGateOptions {
  /** Connections of one address at one time; undefined: no limit. */
  readonly maxPerAddress: number | undefined
  /** Files that the process may have open; undefined where the system does not tell. */
  readonly maxFiles: number | undefined
  /** Of these, how many clients must leave. */
  readonly fileReserve: number
}

/** Why a connection is not taken. */
export type ConnectionFault = 'files' | 'address'

/** Says whether a connection may be taken, for all listeners together. */
export class ConnectionGate {
  readonly #maxPerAddress: number | undefined
  readonly #maxDescriptor: number
  readonly #counts = new Map<string, number>()
  /** One that asked in vain for another protocol begins anew. */
  readonly #counted = new WeakSet<Socket>()

  constructor({ maxPerAddress, maxFiles, fileReserve }: ConnectionGateOptions) {
    this.#maxPerAddress = maxPerAddress
    this.#maxDescriptor = maxFiles === undefined ? Number.POSITIVE_INFINITY : maxFiles - fileReserve
  }

  /** Takes note of a connection that begins; a fault when it must be refused. */
  admit(socket: Socket): ConnectionFault | undefined {
    if (descriptorOf(socket) >= this.#maxDescriptor) return 'files'
    return this.#maxPerAddress === undefined ? undefined : this.#count(socket, this.#maxPerAddress)
  }

  #count(socket: Socket, max: number): ConnectionFault | undefined {
    const { remoteAddress } = socket
    // Unix sockets have no address.
    if (remoteAddress === undefined || this.#counted.has(socket)) return undefined
    const count = this.#counts.get(remoteAddress) ?? 0
    if (count >= max) return 'address'
    this.#counted.add(socket)
    this.#counts.set(remoteAddress, count + 1)
    whenGone(socket, () => this.#release(remoteAddress))
    return undefined
  }

  #release(address: string): void {
    const count = this.#counts.get(address) ?? 0
    if (count > 1) this.#counts.set(address, count - 1)
    else this.#counts.delete(address)
  }
}

/**
 * The system gives each new connection the lowest descriptor that is free: all below are in use, so that it tells how many are
 * open, and costs no look. Node does not document it; where it is missing nothing is limited.
 */
function descriptorOf(socket: Socket): number {
  return (socket as Socket & { _handle?: { fd?: number } })._handle?.fd ?? 0
}

const FAULT_TEXTS: Readonly<Record<ConnectionFault, string>> = {
  files: 'The server has no room for more connections.',
  address: 'Too many connections from this address.',
}

/** When it may be worth a try again. */
const RETRY_AFTER = 'Retry-After: 5\r\n'

/** Puts a gate before all that serves the connections of a server by now. */
export function guardConnections(
  server: Server,
  gate: ConnectionGate,
  { isSecure, refusals }: { readonly isSecure: boolean; readonly refusals: RefusalLog },
): void {
  const serve = server.listeners('connection') as ((socket: Socket) => void)[]
  const refuse = (socket: Socket, text: string): void => {
    refusals.note(`503 ${text}`, socket.remoteAddress)
    // To a client that expects TLS no text can be said before its handshake.
    if (isSecure) socket.destroy()
    else answerAndClose(socket, '503 Service Unavailable', text, RETRY_AFTER)
  }
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const fault = gate.admit(socket)
    if (fault !== undefined) refuse(socket, FAULT_TEXTS[fault])
    else for (const begin of serve) begin.call(server, socket)
  })
}
