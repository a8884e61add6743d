import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { keepWatching } from './whenGone.ts'

/** What `node:http` keeps on a socket that it serves. */
interface HttpSocket extends Socket {
  parser?: object | null
  _handle?: { reading?: boolean; readStart?(): void } | null
}

type FreeParser = (parser: object, request: IncomingMessage | null, socket: Socket) => void

/**
 * `node:http`'s own way to give a parser back, as its upgrade path uses it. Undocumented: where a version of Node
 * no longer offers it, the parser simply stays with the socket.
 */
const freeParser = findFreeParser()

/**
 * Takes the socket of a request from `node:http`, so that nothing of the request, its response and its parser stays
 * in memory. With what else is done for it (see docs/performance.md) a held stream costs 4.2 KB.
 */
export function detachSocket(incoming: IncomingMessage, outgoing: ServerResponse): Socket {
  const socket = incoming.socket as HttpSocket
  outgoing.detachSocket(socket)
  removeHttpListeners(socket)
  const { parser } = socket
  if (parser && freeParser !== undefined) freeParser(parser, incoming, socket)
  startReading(socket)
  socket.setTimeout(0)
  return socket
}

/** Takes all listeners from a socket that was `node:http`'s; those that it leaves there for an upgrade do nothing any more. */
export function removeHttpListeners(socket: Socket): void {
  if ('encrypted' in socket) {
    for (const event of HTTP_EVENTS) socket.removeAllListeners(event)
  } else {
    // All at once and not by the socket's own method, which looks whether somebody reads it: one by one is 2 % of taking a client.
    EventEmitter.prototype.removeAllListeners.call(socket)
  }
  keepWatching(socket)
}

/** What `node:http` listens to; TLS listens to more. */
const HTTP_EVENTS = ['close', 'error', 'drain', 'data', 'end', 'timeout', 'resume', 'pause']

/**
 * Reading may have been stopped, for a request that waits or for a body that nobody takes, and it was the listeners just removed
 * that would have started it again. Nobody would see the client leave.
 */
function startReading({ _handle: handle }: HttpSocket): void {
  if (handle?.reading !== false) return
  handle.reading = true
  handle.readStart?.()
}

function findFreeParser(): FreeParser | undefined {
  try {
    const internals: unknown = createRequire(import.meta.url)('node:_http_common')
    const found = (internals as { freeParser?: unknown }).freeParser
    return typeof found === 'function' ? (found as FreeParser) : undefined
  } catch {
    // A Node without this module serves held streams all the same, only with more memory.
    return undefined
  }
}
