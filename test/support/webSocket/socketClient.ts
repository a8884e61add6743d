import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { within } from '../waiting.ts'
import { untilHeard } from './originEnd.ts'
import { binary, close, ping, pong, text, wordsOf } from './socketEvent.ts'

export interface SocketOptions {
  readonly host?: string
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Connects by TLS, whatever certificate is shown. */
  readonly secure?: boolean
  /** Offers permessage-deflate. */
  readonly deflate?: boolean
}

/** An answer to a handshake. */
export interface HandshakeAnswer {
  readonly status: number
  readonly reason: string
  readonly rawHeaders: readonly string[]
  /** Empty for an acceptance. */
  readonly body: string
  header(name: string): string | undefined
}

/** A client's WebSocket. Pings are not answered; a Close is, with its own code. */
export class SocketClient {
  readonly socket: WebSocket
  /** What was received, in order, as `wordsOf` writes it; a connection that ends without a Close is `drop`. */
  readonly heard: string[] = []
  answer: HandshakeAnswer | undefined

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (content: Buffer, isBinary) =>
      this.heard.push(wordsOf(isBinary ? binary(content) : text(content))),
    )
    socket.on('ping', (content) => this.heard.push(wordsOf(ping(content.toString()))))
    socket.on('pong', (content) => this.heard.push(wordsOf(pong(content.toString()))))
    socket.on('close', (code, reason) => this.heard.push(closeWords(code, reason.toString())))
    socket.on('error', () => {})
  }

  send(content: string | Buffer): void {
    this.socket.send(content)
  }

  /** Waits until exactly this was received. */
  async hears(...words: readonly string[]): Promise<void> {
    await untilHeard('the client', this.heard, words)
  }

  drop(): void {
    this.socket.terminate()
  }
}

const openSockets = new Set<WebSocket>()

/** Ends all clients that tests have left open. */
export function dropClients(): void {
  for (const socket of openSockets) socket.terminate()
}

/** Sends a handshake; answers with the open client, or with a refusal. Rejects when the connection ends instead. */
export function shakeHands(
  port: number,
  path: string,
  options: SocketOptions = {},
): Promise<SocketClient | HandshakeAnswer> {
  const scheme = options.secure === true ? 'wss' : 'ws'
  const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, [...(options.protocols ?? [])], {
    autoPong: false,
    rejectUnauthorized: false,
    perMessageDeflate: options.deflate ?? false,
    headers: { ...(options.host === undefined ? {} : { Host: options.host }), ...options.headers },
  })
  openSockets.add(socket)
  socket.once('close', () => openSockets.delete(socket))
  const client = new SocketClient(socket)
  const settled = new Promise<SocketClient | HandshakeAnswer>((resolve, reject) => {
    socket.once('upgrade', (response) => {
      client.answer = answerOf(response, '')
    })
    socket.once('open', () => resolve(client))
    socket.once('error', reject)
    socket.once('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('latin1')
      response.on('data', (part) => {
        body += part
      })
      response.on('end', () => resolve(answerOf(response, body)))
      response.on('error', reject)
    })
  })
  return within(settled, 5000, () => `an answer to the handshake for ${path}`)
}

function answerOf(response: IncomingMessage, body: string): HandshakeAnswer {
  const { statusCode: status = 0, statusMessage: reason = '', rawHeaders } = response
  const header = (name: string) => {
    const at = rawHeaders.findIndex((other, i) => i % 2 === 0 && other.toLowerCase() === name.toLowerCase())
    return at < 0 ? undefined : rawHeaders[at + 1]
  }
  return { status, reason, rawHeaders, body, header }
}

function closeWords(code: number, reason: string): string {
  if (code === 1006) return 'drop'
  return wordsOf(close(code === 1005 ? undefined : code, reason))
}
