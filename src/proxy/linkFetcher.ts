import type { ClientRequest } from '../edges/client.ts'
import type { OriginExchange, OriginResponseSink } from '../edges/origin.ts'
import type { LastId } from '../hold/lastId.ts'
import type { LinkSink } from '../hold/linkSource.ts'
import { rewriteTarget } from '../route/rewriteTarget.ts'
import type { RoutedRequest } from './findRoute.ts'
import type { HeldRequest } from './heldRequest.ts'
import { findLink, type LinkPlace } from './linkPlace.ts'
import { OriginCall, type QuestionBody } from './originCall.ts'
import { lastIdHeaders, originHeaders } from './originHeaders.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { SharedAnswer } from './sharedAnswer.ts'

/** Fetches next links; equal ones that are asked for at the same time are fetched once. */
export class LinkFetcher {
  readonly #shared = new Map<string, SharedAnswer>()

  /** Fetches a link for a held client and tells the sink what it answers. Nothing is told before this returns. */
  fetch(
    environment: ProxyEnvironment,
    held: HeldRequest,
    link: { readonly url: URL; readonly lastIds: readonly LastId[]; readonly sink: LinkSink },
  ): OriginExchange {
    const place = findLink(environment, held, link.url)
    if (typeof place === 'string') {
      queueMicrotask(() => link.sink.onInvalid(place))
      return { resume: () => {}, abort: () => {} }
    }
    const headers = lastIdHeaders(link.lastIds)
    const key = [place.route.id, place.url.href, ...headers].join('\n')
    const known = this.#shared.get(key)
    if (known?.canJoin) return known.join(link.sink)
    const answer = new SharedAnswer(() => {
      if (this.#shared.get(key) === answer) this.#shared.delete(key)
    })
    this.#shared.set(key, answer)
    const exchange = answer.join(link.sink)
    answer.begin((sink) => callLink(environment, place, { held, headers, method: 'GET', sink }))
    return exchange
  }
}

/** Asks the origin of a link, with none of the client's own headers. */
export function callLink(
  environment: ProxyEnvironment,
  place: LinkPlace,
  call: {
    readonly held: HeldRequest
    readonly method: 'GET' | 'POST'
    readonly headers: readonly string[]
    readonly body?: Buffer
    readonly sink: OriginResponseSink
  },
): OriginCall {
  const { url, route, isInternal } = place
  const target = `${url.pathname}${url.search}`
  const request: ClientRequest = {
    method: call.method,
    target,
    httpVersion: '1.1',
    secure: call.held.secure,
    authority: url.host,
    headers: [],
    peerAddress: '',
    body: undefined,
    bodyLength: undefined,
  }
  const routed: RoutedRequest = { request, protocol: 'http', route, secure: call.held.secure, trusted: false }
  const question = {
    method: call.method,
    path: rewriteTarget(route, target),
    authority: url.host,
    headers: [...originHeaders(environment, routed, isInternal), ...call.headers],
    body: wholeBody(call.body),
    bodyLength: undefined,
  }
  const originCall = new OriginCall(environment, { route, question, sink: call.sink })
  originCall.start()
  return originCall
}

function wholeBody(bytes: Buffer | undefined): QuestionBody | undefined {
  return bytes === undefined ? undefined : { isTooLarge: false, forOrigin: () => bytes }
}
