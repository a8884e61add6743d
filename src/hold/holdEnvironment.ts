import type { ChannelFeed } from '../edges/bus.ts'
import type { Clock } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import type { Hub } from '../hub/hub.ts'
import type { ConnectionTable } from '../stats/connections.ts'
import type { Counters } from '../stats/counters.ts'
import type { TimerWheel } from '../util/timerWheel.ts'
import type { Updates } from './updates.ts'

/** What channels may cost. */
export interface ChannelLimits {
  /** Characters, with the prefix of the route. */
  readonly maxNameLength: number
  /** Channels that exist at one time. */
  readonly maxChannels: number
}

/** Says why a channel must not be subscribed to; undefined when it may. */
export function channelFault(environment: HoldEnvironment, name: string): string | undefined {
  const fault = nameFault(environment, name)
  if (fault !== undefined) return fault
  const { hub, channelLimits } = environment
  const { maxChannels } = channelLimits
  if (hub.channelCount >= maxChannels && hub.channel(name) === undefined)
    return `channel_max is ${maxChannels}`
  return undefined
}

/** Says why no channel may have the name, at any time; undefined when one may. */
export function nameFault({ channelLimits }: HoldEnvironment, name: string): string | undefined {
  const { maxNameLength } = channelLimits
  return name.length > maxNameLength ? `channel_name_length is ${maxNameLength}` : undefined
}

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
  readonly channelLimits: ChannelLimits
  /** Every open hold, for the drain. */
  readonly holds: Set<Drainable>
  /** True once the server stops: a hold that begins then ends at once. */
  isDraining: boolean
}
