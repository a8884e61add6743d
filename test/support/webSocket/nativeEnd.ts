import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Receiver, Sender } from 'ws'
import type { OriginEnd, SocketScript } from './originEnd.ts'
import { binary, close, closeContent, DROP, ping, pong, type SocketEvent, text } from './socketEvent.ts'

const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
const GRIP = [['Sec-WebSocket-Extensions', 'grip']] as const

/** Answers a handshake as the script says, and joins the connection to the origin's end. */
export function serveNative(
  { socket, request }: { readonly socket: Duplex; readonly request: IncomingMessage },
  script: SocketScript,
  createEnd: () => OriginEnd,
): void {
  socket.on('error', () => {})
  if (script.refusal !== undefined) {
    const { status, reason = 'Refused', headers = [], body = '' } = script.refusal
    const lines = [...headers, ['Content-Length', String(Buffer.byteLength(body))]].map(fieldLine)
    socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`)
    return
  }
  const end = createEnd()
  const lines = (script.headers ?? GRIP).map(fieldLine)
  const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(request)}\r\n${lines.join('')}\r\n`
  const frames = (script.opening ?? []).filter(({ kind }) => kind !== 'drop').map(frameOf)
  socket.write(Buffer.concat([Buffer.from(head, 'latin1'), ...frames]))
  receive(socket, end)
}

function receive(socket: Duplex, end: OriginEnd): void {
  let isClosed = false
  const react = (event: SocketEvent) => {
    for (const reaction of end.receive(event)) {
      if (reaction.kind === 'drop') socket.destroy()
      else if (socket.writable) socket.write(frameOf(reaction))
    }
  }
  const receiver = new Receiver({ isServer: true })
  receiver.on('message', (content, isBinary) => react(isBinary ? binary(content) : text(content)))
  receiver.on('ping', (content) => react(ping(content.toString())))
  receiver.on('pong', (content) => react(pong(content.toString())))
  receiver.on('conclude', (code, reason) => {
    isClosed = true
    react(close(code === 1005 ? undefined : code, reason.toString()))
    // RFC 6455 §7.1.1: the server ends the connection.
    socket.end()
  })
  receiver.on('error', (error) => end.heard.push(`error ${error.message}`))
  socket.on('data', (chunk) => receiver.write(chunk))
  const onEnd = () => {
    if (!isClosed) react(DROP)
    isClosed = true
    socket.end()
  }
  socket.on('end', onEnd)
  socket.on('close', onEnd)
}

/** Frames that `ws` itself would not send are wanted, too. */
function frameOf(event: SocketEvent): Buffer {
  if (event.kind === 'drop') throw new Error('no frame drops a connection')
  const content = event.kind === 'close' ? closeContent(event) : event.content
  const options = { fin: true, opcode: OPCODES[event.kind], mask: false, readOnly: true, rsv1: false }
  return Buffer.concat(Sender.frame(content, options))
}

function fieldLine([name, value]: readonly [string, string] | readonly string[]): string {
  return `${name}: ${value}\r\n`
}

function acceptFor(request: IncomingMessage): string {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  return createHash('sha1').update(key).digest('base64')
}
