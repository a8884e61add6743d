import { connect as connectSocket, type Socket } from 'node:net'
import { decodeFrame, type Frame } from './frames.ts'
import { within } from './waiting.ts'

const DEFAULT_TIMEOUT_MS = 5000
const END_OF_HEAD = '\r\n\r\n'

/** The key of RFC 6455 §1.3, and what a server makes of it. */
export const SOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
export const SOCKET_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

/** A WebSocket client that sends the bytes it is told to send, right or wrong, and shows the frames that come back. */
export class FrameClient {
  readonly socket: Socket
  /** Frames that came and were not taken yet. */
  readonly frames: Frame[] = []
  /** Status line and fields of the answer; empty before it is there. */
  head = ''
  isClosed = false
  #unread: Buffer[] = []
  #unreadBytes = 0
  /** Bytes that must be there before there is something to read. */
  #needs = 0
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    const onClosed = () => {
      this.isClosed = true
      this.#wake()
    }
    socket.on('end', onClosed)
    socket.on('close', onClosed)
    socket.on('error', () => {})
  }

  send(...bytes: readonly (string | Buffer)[]): void {
    this.socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part))))
  }

  /** Sends the bytes in pieces, each in a write of its own. */
  async sendInPieces(bytes: Buffer, size: number): Promise<void> {
    for (let i = 0; i < bytes.length && !this.socket.destroyed; i += size) {
      await new Promise<void>((resolve) => this.socket.write(bytes.subarray(i, i + size), () => resolve()))
    }
  }

  /** Lets a paused connection bring at least this many bytes, and pauses it again. */
  async take(bytes: number): Promise<void> {
    const end = this.socket.bytesRead + bytes
    await new Promise<void>((resolve) => {
      const onData = () => {
        if (this.socket.bytesRead < end) return
        this.socket.off('data', onData)
        this.socket.pause()
        resolve()
      }
      this.socket.on('data', onData)
      this.socket.resume()
    })
  }

  /** Takes the next frame. */
  async next(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Frame> {
    await this.#until(() => this.frames.length > 0 || this.isClosed, timeoutMs, 'a frame')
    const frame = this.frames.shift()
    if (frame === undefined) throw new Error('the connection ended before the next frame')
    return frame
  }

  /** Waits for the end of the connection and takes the frames that came before it. */
  async rest(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Frame[]> {
    await this.#until(() => this.isClosed, timeoutMs, 'the end of the connection')
    return this.frames.splice(0)
  }

  /** Waits for the answer to the handshake. */
  async answered(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<string> {
    await this.#until(() => this.head !== '' || this.isClosed, timeoutMs, 'the answer to the handshake')
    return this.head
  }

  destroy(): void {
    this.socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#unread.push(chunk)
    this.#unreadBytes += chunk.length
    if (this.#unreadBytes < this.#needs) return
    let bytes: Buffer = Buffer.concat(this.#unread)
    if (this.head === '') bytes = this.#readHead(bytes)
    if (this.head !== '') bytes = this.#readFrames(bytes)
    this.#unread = [bytes]
    this.#unreadBytes = bytes.length
    this.#wake()
  }

  /** Returns what stands behind the head, or everything when it is not whole. */
  #readHead(bytes: Buffer): Buffer {
    const end = bytes.indexOf(END_OF_HEAD)
    if (end < 0) return bytes
    this.head = bytes.subarray(0, end).toString('latin1')
    return bytes.subarray(end + END_OF_HEAD.length)
  }

  /** Returns what stands behind the last whole frame. */
  #readFrames(bytes: Buffer): Buffer {
    for (;;) {
      const found = decodeFrame(bytes)
      if ('needs' in found) {
        this.#needs = found.needs
        return bytes
      }
      this.frames.push(found.frame)
      bytes = found.rest
    }
  }

  async #until(isDone: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#wake = () => isDone() && resolve()
      this.#wake()
    })
    await within(done, timeoutMs, () => `${what} (${this.isClosed ? 'closed' : 'open'})`)
  }
}

export interface HandshakeOptions {
  readonly target?: string
  /** Further header lines, each with its CRLF. */
  readonly fields?: string
  /** The value of Connection; undefined sends none. */
  readonly connection?: string | undefined
  /** What comes right behind the head. */
  readonly early?: Buffer
}

/** Connects and sends a WebSocket handshake. */
export async function sendHandshake(port: number, options: HandshakeOptions = {}): Promise<FrameClient> {
  const { target, fields, connection, early } = {
    ...{ target: '/', fields: '', connection: 'Upgrade', early: Buffer.alloc(0) },
    ...options,
  }
  const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const client = new FrameClient(socket)
  const head = [
    `GET ${target} HTTP/1.1`,
    'Host: h',
    ...(connection === undefined ? [] : [`Connection: ${connection}`]),
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${SOCKET_KEY}`,
  ]
  client.send(`${head.join('\r\n')}\r\n${fields}\r\n`, early)
  return client
}

/** Opens a WebSocket; rejects when it is refused. */
export async function openSocket(port: number, options: HandshakeOptions = {}): Promise<FrameClient> {
  const client = await sendHandshake(port, options)
  const head = await client.answered()
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`the handshake was refused: ${head}`)
  return client
}
