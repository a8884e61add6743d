import type { IncomingMessage } from 'node:http'

/**
 * Calls back once when an answer's body breaks off, before anything that reads it could take it for complete: Node
 * counts a body that the connection's end delimits as complete after a reset, too.
 */
export function watchBody(incoming: IncomingMessage, onBroken: () => void): void {
  const { socket } = incoming
  socket.prependListener('error', onBroken)
  // 'close' follows, and says whether the body was complete.
  incoming.on('error', () => {})
  incoming.on('close', () => {
    socket.off('error', onBroken)
    if (!incoming.complete) onBroken()
  })
}
