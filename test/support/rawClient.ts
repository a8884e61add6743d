import { connect as connectSocket, type Socket } from 'node:net'
import { type RawResponse, ResponseReader } from './httpResponse.ts'
import { within } from './waiting.ts'

const DEFAULT_TIMEOUT_MS = 5000

/** A TCP client that sends the bytes it is told to send and shows the bytes that come back. */
export class RawClient {
  readonly socket: Socket
  /** True once the server has ended or broken the connection. */
  isClosed = false
  #unread: Buffer = Buffer.alloc(0)
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
      this.#wake()
    })
    const onClosed = () => {
      this.isClosed = true
      this.#wake()
    }
    socket.on('end', onClosed)
    socket.on('close', onClosed)
    // A reset is one way of ending; 'close' follows.
    socket.on('error', () => {})
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /** Waits until all bytes that were not consumed yet, as latin1 text, pass the test; answers and consumes them. */
  async until(
    isEnough: string | RegExp | ((text: string) => boolean),
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<string> {
    await this.#waitFor(
      () => matches(isEnough, this.#text()),
      timeoutMs,
      () => `${isEnough}`,
    )
    const text = this.#text()
    this.#unread = Buffer.alloc(0)
    return text
  }

  /** Reads one whole response; rejects when the connection ends before it. */
  async response(method = 'GET', timeoutMs = DEFAULT_TIMEOUT_MS): Promise<RawResponse> {
    const response = await this.outcome(method, timeoutMs)
    if (!response.complete) throw new Error(`response cut short after ${JSON.stringify(response.text)}`)
    return response
  }

  /** Reads one response until it is complete or the connection ends, whichever comes first. */
  async outcome(method = 'GET', timeoutMs = DEFAULT_TIMEOUT_MS): Promise<RawResponse> {
    const reader = new ResponseReader(method)
    await this.read(reader, () => reader.complete, timeoutMs)
    return reader.result()
  }

  /** Moves received bytes into the reader until `isEnough`, or until the connection ends. */
  async read(reader: ResponseReader, isEnough: () => boolean, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
    const isDone = () => {
      this.feed(reader)
      return isEnough() || reader.complete || this.isClosed
    }
    await this.#waitFor(isDone, timeoutMs, () => `a response; decoded so far: ${JSON.stringify(reader.text)}`)
  }

  /** Moves the bytes received so far into the reader. */
  feed(reader: ResponseReader): void {
    if (reader.complete) return
    reader.feed(this.#unread)
    this.#unread = reader.complete ? reader.rest : Buffer.alloc(0)
    if (this.isClosed) reader.end()
  }

  /** Waits until the server has ended the connection. */
  async closed(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
    await this.#waitFor(
      () => this.isClosed,
      timeoutMs,
      () => 'the end of the connection',
    )
  }

  destroy(): void {
    this.socket.destroy()
  }

  #text(): string {
    return this.#unread.toString('latin1')
  }

  async #waitFor(isDone: () => boolean, timeoutMs: number, what: () => string): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#wake = () => {
        try {
          if (isDone()) resolve()
        } catch (error) {
          reject(error as Error)
        }
      }
      this.#wake()
    })
    await within(done, timeoutMs, () => {
      const state = this.isClosed ? 'connection closed' : 'connection open'
      return `${what()} (${state}, unread: ${JSON.stringify(this.#text().slice(0, 500))})`
    })
    this.#wake = () => {}
  }
}

const openClients = new Set<RawClient>()

/** Breaks all connections to a port, so that a server that is stopped has nobody to say goodbye to. */
export function destroyClients(port: number): void {
  for (const client of openClients) {
    if (client.socket.remotePort === port) client.destroy()
  }
}

/** Opens a connection to a port of this machine. */
export async function connect(port: number): Promise<RawClient> {
  const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const client = new RawClient(socket)
  openClients.add(client)
  socket.once('close', () => openClients.delete(client))
  return client
}

function matches(isEnough: string | RegExp | ((text: string) => boolean), text: string): boolean {
  if (typeof isEnough === 'string') return text.includes(isEnough)
  return isEnough instanceof RegExp ? isEnough.test(text) : isEnough(text)
}
