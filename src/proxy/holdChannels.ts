import type { Instruct } from '../grip/instruct.ts'
import { channelFault } from '../hold/holdEnvironment.ts'
import type { ChannelRequest } from '../hub/hub.ts'
import type { Route } from '../route/route.ts'
import type { Exchange } from './exchange.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { showsRequests, writeRequestLine } from './requestLog.ts'
import { warnOfRoute } from './routeWarnings.ts'

/** What decides on a hold's channels, beside its instructions. */
export interface ChannelContext {
  readonly environment: ProxyEnvironment
  readonly route: Route
  /** The request's method and target, for the log. */
  readonly method: string
  readonly target: string
  /** Channels of the target's own. GRIP: `sub=`. */
  readonly implicitChannels: readonly string[]
  readonly isRetry: boolean
}

/** What of an exchange decides on its hold's channels. */
export function channelContext(exchange: Exchange): ChannelContext {
  const { environment, routed, implicitChannels, isRetry } = exchange
  const { method, target } = routed.request
  return { environment, route: routed.route, method, target, implicitChannels, isRetry }
}

/**
 * The channels of a hold, by the names that publishers use: those of the target's `sub=` as they are, those of the
 * instructions with the route's prefix. What is above `connection_subscription_max` is left out, as Pushpin does.
 */
export function holdChannels(context: ChannelContext, instruct: Instruct): ChannelRequest[] {
  const { route, target } = context
  const { log, options } = context.environment
  const max = options.connectionSubscriptionMax
  if (instruct.channels.length > max) {
    const surplus = instruct.channels.length - max
    const limit = `connection_subscription_max is ${max}`
    log.warn(`${target}: ${surplus} of ${instruct.channels.length} channels left out: ${limit}`)
  }
  const channels = new Map<string, ChannelRequest>()
  for (const name of context.implicitChannels) channels.set(name, { name, prevId: undefined, filters: [] })
  for (const channel of instruct.channels.slice(0, max)) {
    const name = route.prefix + channel.name
    const fault = channelFault(context.environment.holds, name)
    if (fault !== undefined) {
      log.warn(`${target}: a channel left out: ${fault}`)
      continue
    }
    channels.set(name, { name, prevId: channel.prevId, filters: channel.filters })
  }
  if (channels.size === 0 && instruct.holdMode !== 'none') {
    const text = `${context.method} ${target}: held on no channel: Grip-Channel is missing`
    warnOfRoute(context.environment, route, { kind: 'channels', text })
  }
  // A line for each publish is info in Pushpin, too; ours is debug, for it would cost more than the delivery itself.
  if (showsRequests(context.environment, route)) {
    const suffix = context.isRetry ? ' retry' : ''
    for (const name of channels.keys())
      writeRequestLine(log, route, `subscribe ${target} channel=${name}${suffix}`)
  }
  return [...channels.values()]
}
