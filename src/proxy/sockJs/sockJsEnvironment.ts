import type { Clock } from '../../edges/clock.ts'
import type { TimerWheel } from '../../util/timerWheel.ts'
import { IframePage } from './answers.ts'
import { type EmulationOwners, SocketTable } from './socketTable.ts'

/** What all SockJS clients of a server share. */
export interface SockJsEnvironment {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly sockets: SocketTable
  /** Undefined where one process has them all. */
  readonly owners: EmulationOwners | undefined
  readonly iframePage: IframePage
  /** Makes 32 random bits. */
  readonly entropy: () => number
}

/** What SockJS needs of the server. */
export interface SockJsParts extends Pick<SockJsEnvironment, 'clock' | 'wheel' | 'entropy' | 'owners'> {
  /** Where sockjs-client can be loaded. Pushpin: `sockjs_url`. */
  readonly scriptUrl: string
  /** Makes the ETag of a page. */
  readonly digest: (text: string) => string
}

/** Creates what SockJS clients share. */
export function createSockJsEnvironment({ scriptUrl, digest, ...shared }: SockJsParts): SockJsEnvironment {
  return { ...shared, sockets: new SocketTable(), iframePage: new IframePage(scriptUrl, digest) }
}

/** Silence after which a client is sent a heartbeat. SockJS 0.3.3: frames. */
export const HEARTBEAT_MS = 25_000

/** How long a client may leave its WebSocket without a request for frames, and is told that it has ended. SockJS 0.3.3. */
export const DISCONNECT_DELAY_MS = 5000
