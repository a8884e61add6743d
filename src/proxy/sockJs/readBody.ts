import type { ClientRequest } from '../../edges/client.ts'

/** Bytes of a body that carries messages. Pushpin: 100000. */
export const MAX_BODY_BYTES = 100_000

/**
 * Reads a request's body whole and calls back with it, at once when there is none; with undefined when it is too large. Not called
 * when the client leaves before its end.
 */
export function readBody(request: ClientRequest, onBody: (body: Buffer | undefined) => void): void {
  const source = request.body
  if (source === undefined) {
    onBody(Buffer.alloc(0))
    return
  }
  const chunks: Buffer[] = []
  let bytes = 0
  const stop = (body: Buffer | undefined): void => {
    source.off('data', onData)
    source.off('end', onEnd)
    onBody(body)
  }
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) stop(undefined)
  }
  const onEnd = (): void => stop(Buffer.concat(chunks))
  source.on('data', onData)
  source.on('end', onEnd)
  // The close of its exchange tells that the client has left; the event alone must not end the process.
  source.on('error', () => {})
}
