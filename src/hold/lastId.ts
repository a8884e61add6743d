import type { Subscription } from '../hub/hold.ts'
import type { ChannelRequest } from '../hub/hub.ts'

/** Up to where a client has the items of a channel. GRIP: Grip-Last. */
export interface LastId {
  /** The channel as the origin named it, without the route's prefix. */
  readonly channel: string
  readonly id: string
}

/** What a hold has of the channels whose chain it follows; `prefix` is what the route put before their names. */
export function lastIdsOf(subscriptions: readonly Subscription[], prefix: string): LastId[] {
  return toLastIds(
    subscriptions.map(({ channel, prevId }) => ({ name: channel.name, prevId })),
    prefix,
  )
}

/** The same for channels that a hold has yet to subscribe to. */
export function toLastIds(
  channels: readonly Pick<ChannelRequest, 'name' | 'prevId'>[],
  prefix: string,
): LastId[] {
  const lastIds: LastId[] = []
  for (const { name, prevId } of channels) {
    if (prevId !== undefined) lastIds.push({ channel: name.slice(prefix.length), id: prevId })
  }
  return lastIds
}
