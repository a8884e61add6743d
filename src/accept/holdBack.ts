import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { headerTokens, isHeaderName } from '../util/headers.ts'
import { breakConnection } from './breakConnection.ts'

/** Bytes that a client may send behind a request to upgrade, or to CONNECT, whose turn has not come. */
const MAX_HELD_BACK_BYTES = 65_536

/**
 * Keeps what a client sends, on a connection that `node:http` no longer reads but on which it owes answers still. Returns a function
 * that ends this and gives the bytes; until then a client that leaves is noticed, and one that sends too much loses the connection.
 */
export function holdBack(socket: Socket, first: Buffer, onDrain: () => void): () => Buffer {
  const parts = [first]
  let size = first.length
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    parts.push(chunk)
    if (size > MAX_HELD_BACK_BYTES) breakConnection(socket)
  }
  const onGone = (): void => void socket.destroy()
  socket.on('data', onData).on('end', onGone).on('error', onGone).on('drain', onDrain)
  return () => {
    socket.off('data', onData).off('end', onGone).off('error', onGone).off('drain', onDrain)
    // As node:http leaves it for a change of protocol: the next listener for data starts it.
    ;(socket as { readableFlowing: boolean | null }).readableFlowing = null
    socket.setTimeout(0)
    return Buffer.concat(parts)
  }
}

/**
 * The head of a request as it would be without its Upgrade header. A server may ignore the wish to upgrade (RFC 9110
 * §7.8), but `node:http` hands the connection over in that case and no longer parses it.
 */
export function headWithoutUpgrade(incoming: IncomingMessage): Buffer {
  let text = `${incoming.method} ${incoming.url} HTTP/1.${incoming.httpVersionMinor}\r\n`
  const { rawHeaders } = incoming
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!isHeaderName(name, 'upgrade') && !isHeaderName(name, 'connection'))
      text += `${name}: ${rawHeaders[i + 1]}\r\n`
  }
  const connection = headerTokens(rawHeaders, 'connection').filter((token) => token !== 'upgrade')
  if (connection.length > 0) text += `Connection: ${connection.join(', ')}\r\n`
  return Buffer.from(`${text}\r\n`, 'latin1')
}
