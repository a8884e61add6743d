import { HoldfastError } from '../../errors.ts'
import { closeCodeForFault, type FaultCloseCode } from '../../util/webSocketClose.ts'

/** Why a WebSocket cannot go on, and the code that its peer is told. */
export interface SocketFault {
  readonly closeCode: FaultCloseCode
  readonly error: HoldfastError
}

/** Says what an error of `ws`'s receiver means for the connection. */
export function describeFault(error: NodeJS.ErrnoException): SocketFault {
  return {
    closeCode: closeCodeForFault(error.code),
    error: new HoldfastError('SOCKET_BROKEN', error.message, { cause: error }),
  }
}
