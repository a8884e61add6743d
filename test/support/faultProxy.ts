import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** What is done to the bytes of one direction. */
export interface Fault {
  /** Milliseconds that each piece waits. */
  readonly latencyMs?: number
  /** Bytes that one piece has at most. */
  readonly slice?: number
  /** After so many bytes the connection breaks in this way. */
  readonly after?: { readonly bytes: number; readonly how: 'reset' | 'end' | 'black hole' }
}

/** What is done to connections that begin from now on. */
export interface Faults {
  /** From who connects to the server behind. */
  readonly toServer?: Fault
  /** From the server behind to who connects. */
  readonly toClient?: Fault
}

const NOTHING_PASSES: Fault = { after: { bytes: 0, how: 'black hole' } }

/** A TCP proxy that delays, slices, cuts and swallows. */
export class FaultProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Of these, the ends of those who connected. */
  readonly #clients = new Set<Socket>()
  faults: Faults = {}

  private constructor(server: Server) {
    this.#server = server
  }

  /** Starts one on a free port, in front of a port of this machine. */
  static async start(targetPort: number): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    const proxy = new FaultProxy(server)
    server.on('connection', (client) => proxy.#join(client, targetPort))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Resets all connections. */
  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Takes nothing and sends nothing from now on, and tells nobody. */
  swallowAll(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  /** Ends one direction of all connections, as if the end on the other side of the proxy had nothing more to say. */
  endAll(toward: 'client' | 'server'): void {
    for (const socket of this.#sockets) {
      if (this.#clients.has(socket) === (toward === 'client')) socket.end()
    }
  }

  /** Lets nothing through, on connections that are there and on new ones, and tells nobody; until `mend`. */
  isolate(): void {
    this.faults = { toServer: NOTHING_PASSES, toClient: NOTHING_PASSES }
    this.swallowAll()
  }

  /** Lets new connections through; those that were made before stay as they are. */
  mend(): void {
    this.faults = {}
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #join(client: Socket, targetPort: number): void {
    const server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#forget(socket))
    }
    this.#clients.add(client)
    const { toServer = {}, toClient = {} } = this.faults
    relay(client, server, toServer)
    relay(server, client, toClient)
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket)
    this.#clients.delete(socket)
  }
}

/** Hands on what one end sends, in order, until its fault strikes. */
function relay(
  from: Socket,
  to: Socket,
  { latencyMs = 0, slice = Number.POSITIVE_INFINITY, after }: Fault,
): void {
  let left = after?.bytes ?? Number.POSITIVE_INFINITY
  let last = Promise.resolve()
  const inTurn = (act: () => void): void => {
    last = last.then(async () => {
      if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs))
      if (!to.destroyed && to.writable) act()
    })
  }
  from.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length && left > 0; ) {
      const size = Math.min(slice, chunk.length - at, left)
      const piece = chunk.subarray(at, at + size)
      inTurn(() => to.write(piece))
      at += size
      left -= size
      if (left === 0) inTurn(() => breakOff(from, to, after?.how))
    }
  })
  from.on('end', () => left > 0 && inTurn(() => to.end()))
  from.on('close', () => left > 0 && inTurn(() => (from.errored === null ? to.end() : to.resetAndDestroy())))
}

function breakOff(from: Socket, to: Socket, how: 'reset' | 'end' | 'black hole' | undefined): void {
  if (how === 'reset') {
    to.resetAndDestroy()
    from.resetAndDestroy()
  } else if (how === 'end') to.end()
  else from.pause()
}
