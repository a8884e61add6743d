import type { ChannelFeed, Clock, Log } from '../edges.ts'
import type { Hub } from '../hub/hub.ts'
import type { ConnectionTable } from '../stats/connections.ts'
import type { Counters } from '../stats/counters.ts'
import type { TimerWheel } from '../util/timerWheel.ts'
import type { Updates } from './updates.ts'

/** A hold as the drain sees it. */
export interface Drainable {
  /** Ends the hold as its protocol wants when the server stops. */
  shutdown(): void
}

/** What all holds of a server share. */
export interface HoldEnvironment {
  readonly hub: Hub
  /** To be asked before the hub is subscribed to. */
  readonly feed: ChannelFeed
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Whose turn it is to ask an origin again. */
  readonly updates: Updates
  readonly log: Log
  readonly counters: Counters
  /** All clients' connections, held or not. */
  readonly connections: ConnectionTable
  /** Bytes that may wait for one client before it is closed as too slow. */
  readonly clientSendBufferBytes: number
  /** Every open hold, for the drain. */
  readonly holds: Set<Drainable>
  /** True once the server stops: a hold that begins then ends at once. */
  isDraining: boolean
}
