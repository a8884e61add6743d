import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { WebSocket } from 'ws'
import { within } from '../waiting.ts'
import { SocketClient } from './socketClient.ts'

/** What `ws` does with the connection of a client whose handshake it has made. */
interface Attachable {
  _isServer: boolean
  setSocket(
    stream: ClientHttp2Stream,
    head: Buffer,
    options: { readonly maxPayload: number; readonly allowSynchronousEvents: boolean },
  ): void
}

/** An answer to an extended CONNECT. */
export interface ConnectAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly stream: ClientHttp2Stream
}

/** Connects by HTTP/2, whatever certificate is shown, and waits for the server's settings. */
export async function openHttp2(port: number): Promise<ClientHttp2Session> {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  session.on('error', () => {})
  const settled = new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()))
  await within(settled, 5000, () => 'the settings of the server')
  return session
}

/** Sends an extended CONNECT. RFC 8441 §4. */
export async function extendedConnect(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ConnectAnswer> {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': path,
    'sec-websocket-version': '13',
    ...headers,
  })
  stream.on('error', () => {})
  const answered = new Promise<ConnectAnswer>((resolve, reject) => {
    stream.once('response', (fields) => {
      resolve({ status: Number(fields[':status']), headers: fields, stream })
    })
    stream.once('close', () => reject(new Error(`the stream was closed with ${stream.rstCode}`)))
  })
  return within(answered, 5000, () => `an answer to CONNECT ${path}`)
}

/** Opens a WebSocket in a stream. */
export async function openHttp2Socket(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SocketClient> {
  const { status, stream } = await extendedConnect(session, path, headers)
  if (status !== 200) throw new Error(`the handshake was refused: ${status}`)
  // Without an address it is a WebSocket that waits for its connection; the types know only those with one.
  const create = WebSocket as unknown as new (
    address: null,
    protocols: undefined,
    options: object,
  ) => WebSocket & Attachable
  const socket = new create(null, undefined, { autoPong: false, closeTimeout: 10_000 })
  socket._isServer = false
  const client = new SocketClient(socket)
  socket.setSocket(stream, Buffer.alloc(0), { maxPayload: 0, allowSynchronousEvents: true })
  return client
}
