import type { CloseReason } from '../stats/counters.ts'
import type { HoldEnvironment } from './holdEnvironment.ts'

/** A client's connection, as far as it tells why it is given up. */
export interface SlowClient {
  readonly peerAddress: string
  /** Bytes that were written and that the client has not taken. */
  readonly bytesQueued: number
}

const REASON: CloseReason = 'slow-client'

/** Counts and logs that a client is closed because it does not read, while `bytes` more are to be sent to it. */
export function noteSlowClient(
  { counters, log, clientSendBufferBytes }: HoldEnvironment,
  { peerAddress, bytesQueued }: SlowClient,
  bytes: number,
): void {
  counters.closed[REASON]++
  log.warn(
    `closed ${peerAddress}: ${REASON}: ${bytesQueued} bytes unread, ${bytes} more to send, ` +
      `client_send_buffer is ${clientSendBufferBytes}`,
    { reason: REASON, peer: peerAddress },
  )
}
