import type { Socket } from 'node:net'

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
    socket.once('close', () => this.#release(remoteAddress))
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
