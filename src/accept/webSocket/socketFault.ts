import { HoldfastError } from '../../errors.ts'

/** Why a WebSocket cannot go on, and the code that its peer is told. */
export interface SocketFault {
  readonly closeCode: 1002 | 1007 | 1008 | 1009
  readonly error: HoldfastError
}

/** Close codes for the errors of `ws` that are no plain breach of the protocol; for that there is 1002. RFC 6455 §7.4.1. */
const CLOSE_CODES: Readonly<Record<string, SocketFault['closeCode']>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  // What the receiver hands on from zlib: the content is not what its frame says that it is.
  Z_DATA_ERROR: 1007,
  Z_BUF_ERROR: 1007,
}

/** Says what an error of `ws`'s receiver means for the connection. */
export function describeFault(error: NodeJS.ErrnoException): SocketFault {
  return {
    closeCode: CLOSE_CODES[error.code ?? ''] ?? 1002,
    error: new HoldfastError('SOCKET_BROKEN', error.message, { cause: error }),
  }
}
