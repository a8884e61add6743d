import type { ClientStreamOwner } from '../edges/client.ts'
import type { Instruct } from '../grip/instruct.ts'
import { StreamHold } from '../hold/streamHold.ts'
import { writeFramed } from '../hold/writeFramed.ts'
import { countAnswer } from '../stats/headBytes.ts'
import type { Exchange } from './exchange.ts'
import type { RequestResult } from './requestLog.ts'
import { streamOrigin } from './streamOrigin.ts'

/** Bytes that may wait for the client before the origin is paused. */
const HIGH_WATER_BYTES = 64 * 1024

/** A held stream that is still getting its initial body from the origin, at the client's pace. */
export interface LargeStream {
  /** False pauses the origin. */
  write(chunk: Buffer): boolean
  /** The initial body is complete: subscribes. */
  hold(): RequestResult
  destroy(): void
}

/** Begins to send a stream's response with what has been collected of its initial body. */
export function holdLargeStream(exchange: Exchange, instruct: Instruct, collected: Buffer): LargeStream {
  const stream = exchange.response.holdStream(instruct.response, collected)
  const { connection } = exchange
  countAnswer(connection.traffic, instruct.response, collected.length)
  let isGone = false
  const owner: ClientStreamOwner = {
    onStreamClose: () => {
      isGone = true
      exchange.clientLeft()
    },
    onStreamDrain: () => exchange.resume(),
  }
  stream.owner = owner
  return {
    write: (chunk) => {
      if (!isGone) writeFramed(stream, chunk)
      connection.traffic.clientContentBytesSent += chunk.length
      return isGone || stream.bytesQueued < HIGH_WATER_BYTES
    },
    hold: () => {
      if (isGone) return 'error'
      const hold = new StreamHold(exchange.environment.holds, { stream, connection })
      hold.begin(instruct, streamOrigin(exchange))
      return 'accept'
    },
    destroy: () => stream.destroy(),
  }
}
