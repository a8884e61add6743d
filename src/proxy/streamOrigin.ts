import type { OriginExchange } from '../edges/origin.ts'
import type { Instruct } from '../grip/instruct.ts'
import type { LastId } from '../hold/lastId.ts'
import type { LinkSink, LinkSource } from '../hold/linkSource.ts'
import type { StreamOrigin } from '../hold/streamHold.ts'
import type { FilterNetwork, FilterRequest } from '../hub/filters/filterNetwork.ts'
import type { ChannelRequest } from '../hub/hub.ts'
import { chainFault } from './chainFault.ts'
import type { Exchange } from './exchange.ts'
import { clientUrl, type HeldRequest } from './heldRequest.ts'
import { channelContext, holdChannels } from './holdChannels.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

/** What a stream hold keeps of the exchange that it came from: texts, and nothing of the request itself. */
export function streamOrigin(exchange: Exchange): StreamOrigin {
  const context = channelContext(exchange)
  const links = heldLinks(exchange)
  return {
    debug: exchange.debug,
    links,
    filterNetwork: (signal) => links.filterNetwork(signal),
    faultOf: (instruct) => chainFault(context.environment, instruct),
    channelsOf: (instruct: Instruct): ChannelRequest[] => holdChannels(context, instruct),
  }
}

/** The links of the client of an exchange. */
export function heldLinks({ environment, routed }: Exchange): HeldLinks {
  const { route, secure, request } = routed
  return new HeldLinks(environment, { route, secure, authority: request.authority, target: request.target })
}

/** The links of one held client. */
export class HeldLinks implements LinkSource {
  readonly #environment: ProxyEnvironment
  readonly #held: HeldRequest
  #base: URL | undefined

  constructor(environment: ProxyEnvironment, held: HeldRequest) {
    this.#environment = environment
    this.#held = held
  }

  get lane(): string {
    return this.#held.route.id
  }

  get prefix(): string {
    return this.#held.route.prefix
  }

  fetch(url: string, lastIds: readonly LastId[], sink: LinkSink): OriginExchange {
    this.#base = new URL(url, this.#base ?? clientUrl(this.#held))
    return this.#environment.links.fetch(this.#held, { url: this.#base, lastIds, sink })
  }

  filterNetwork(signal: AbortSignal): FilterNetwork {
    const { links, clock } = this.#environment
    const baseUrl = (this.#base ?? clientUrl(this.#held)).href
    const fetch = (request: FilterRequest) => links.post(this.#held, request)
    return { fetch, limiter: links.filterStarts, clock, baseUrl, signal }
  }

  tellGone(url: string): void {
    // The link is of the first answer, whatever was fetched since.
    const resolved = new URL(url, clientUrl(this.#held))
    this.#environment.links.tellGone(this.#held, resolved)
  }
}
