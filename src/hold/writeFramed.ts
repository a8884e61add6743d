import type { ClientStream } from '../edges/client.ts'
import { encodeChunk } from '../util/framing.ts'

/** Writes body bytes to a held stream in its framing. For bytes that only this stream gets: shared ones are framed once. */
export function writeFramed(stream: ClientStream, bytes: Buffer): void {
  if (bytes.length > 0) stream.write(stream.framing === 'chunked' ? encodeChunk([bytes]) : bytes)
}
