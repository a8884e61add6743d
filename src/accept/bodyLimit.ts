import type { IncomingMessage } from 'node:http'

/** What is said of a body that is too long. */
export function bodyTooLarge(maxBytes: number): string {
  return `Request body exceeded limit of ${maxBytes} bytes.`
}

/**
 * Calls back when more of a body has come than may, which a body in chunks does not tell before. Counting begins with the first
 * who reads: a listener of its own would start the flow.
 */
export function limitBody(incoming: IncomingMessage, maxBytes: number, onExcess: () => void): void {
  let bytes = 0
  const count = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes <= maxBytes) return
    incoming.off('data', count)
    onExcess()
  }
  const onListener = (event: string | symbol): void => {
    if (event !== 'data') return
    incoming.off('newListener', onListener)
    incoming.on('data', count)
  }
  incoming.on('newListener', onListener)
}
