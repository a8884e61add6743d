import type { Socket } from 'node:net'
import { startTcpOrigin } from '../../support/origin.ts'
import { parseStrictly, type StrictRequest } from './strictRequest.ts'

/** An origin that keeps the bytes that reach it, reads them strictly, and answers each request with `ok`. */
export class RecordingOrigin {
  readonly port: number
  readonly #stop: () => Promise<void>
  #requests: StrictRequest[] = []
  #faults: string[] = []

  private constructor(server: { port: number; stop(): Promise<void> }) {
    this.port = server.port
    this.#stop = server.stop
  }

  static async start(): Promise<RecordingOrigin> {
    let serve = (_socket: Socket): void => {}
    const origin = new RecordingOrigin(await startTcpOrigin((socket) => serve(socket)))
    serve = (socket) => origin.#serve(socket)
    return origin
  }

  /** Returns the whole requests that came since the last call, and what on the wire was no request. */
  take(): { requests: readonly StrictRequest[]; faults: readonly string[] } {
    const taken = { requests: this.#requests, faults: this.#faults }
    this.#requests = []
    this.#faults = []
    return taken
  }

  stop(): Promise<void> {
    return this.#stop()
  }

  #serve(socket: Socket): void {
    let unread: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk])
      let parsed = parseStrictly(unread)
      while (parsed.kind === 'request') {
        this.#requests.push(parsed.request)
        socket.write(answerTo(parsed.request))
        unread = parsed.rest
        parsed = parseStrictly(unread)
      }
      if (parsed.kind === 'fault') {
        this.#faults.push(parsed.reason)
        socket.destroy()
      }
    })
  }
}

function answerTo({ method }: StrictRequest): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`
}
