import type { HoldfastError } from '../../errors.ts'

/** What a client is told in a Close. */
export interface ClosingWords {
  readonly code: number
  readonly reason: string
}

/** RFC 6455 §7.4.1. */
const MESSAGE_TOO_BIG = 1009
const INTERNAL_ERROR = 1011

/** Says how a client's WebSocket is closed when its origin's end is gone without a Close. Pushpin closes it without one, too. */
export function closeForFault(fault: HoldfastError | undefined): ClosingWords {
  if (fault?.code === 'SOCKET_MESSAGE_TOO_LARGE') {
    return { code: MESSAGE_TOO_BIG, reason: 'message too large for the origin' }
  }
  return { code: INTERNAL_ERROR, reason: 'connection to origin lost' }
}
