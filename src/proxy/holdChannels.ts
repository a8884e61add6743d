import type { Instruct } from '../grip/instruct.ts'
import type { Exchange } from './exchange.ts'

/**
 * The channels of a hold, by the names that publishers use: those of the target's `sub=` as they are, those of the
 * instructions with the route's prefix. What is above `connection_subscription_max` is left out, as Pushpin does.
 */
export function holdChannels(exchange: Exchange, instruct: Instruct): string[] {
  const { route, request } = exchange.routed
  const { log, options } = exchange.environment
  const max = options.connectionSubscriptionMax
  const named = instruct.channels.map((channel) => route.prefix + channel.name)
  if (named.length > max) {
    const surplus = named.length - max
    log.warn(
      `${request.target}: ${surplus} of ${named.length} channels left out: connection_subscription_max is ${max}`,
    )
  }
  const channels = [...new Set([...exchange.implicitChannels, ...named.slice(0, max)])]
  if (log.isEnabled('debug')) {
    for (const channel of channels) log.debug(`subscribe ${request.target} channel=${channel}`)
  }
  return channels
}
