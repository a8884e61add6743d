import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** How long a connection is still read after an answer that came before the end of its request's body. */
export const LINGER_MS = 1000

/**
 * Lets the connection of a request whose body is still on its way end in two steps, RFC 9112 §9.6: no more is sent, what comes is
 * dropped. Closed at once, it would be reset by the next part of the body, and the reset takes the answer away from a client that has
 * not read it yet. To be called before the answer is complete: `node:http` calls `destroySoon` then.
 */
export function lingerAfterAnswer(incoming: IncomingMessage): void {
  const { socket } = incoming
  socket.destroySoon = function (this: Socket): void {
    this.end()
    const timer = setTimeout(() => this.destroy(), LINGER_MS)
    this.once('close', () => clearTimeout(timer))
    incoming.once('end', () => this.destroy())
    incoming.resume()
  }
}
