import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './freePort.ts'

/** A TCP proxy on loopback whose connections can be cut, as by a network that fails. */
export class CutProxy {
  readonly port: number
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  private constructor(port: number, target: number) {
    this.port = port
    this.#target = target
  }

  static async start(target: number): Promise<CutProxy> {
    const proxy = new CutProxy(await freePort(), target)
    await proxy.mend()
    return proxy
  }

  get address(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Breaks all connections and takes no others. */
  cut(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Takes connections again. */
  mend(): Promise<void> {
    return new Promise((resolve) => {
      this.#server = createServer((socket) => this.#join(socket)).listen(this.port, '127.0.0.1', resolve)
    })
  }

  async close(): Promise<void> {
    this.cut()
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one)
      one.pipe(other)
      one.on('error', () => {})
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
  }
}
