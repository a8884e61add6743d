import { GRIP_FEATURE_VALUE } from '../grip/gripFeature.ts'
import { wireFromText } from '../grip/headerText.ts'
import { SOCKET_EVENTS_TYPE } from '../grip/webSocketEvents.ts'
import type { LastId } from '../hold/lastId.ts'
import { getAllHeaders, mediaType, type RawHeaders } from '../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../util/hopByHop.ts'
import type { RoutedRequest } from './findRoute.ts'
import { forwardedFor } from './forwardedFor.ts'
import type { ProxyEnvironment, ProxyOptions } from './proxyEnvironment.ts'

/** Marks a header as sent by the client itself. Pushpin: orig_headers. */
const ORIGINAL_MARK = 'eb9bf0f5-'

/**
 * Fields that the origin never sees as the client sent them: framing and Host are the origin connection's, and an answer
 * that may carry instructions must come unencoded, so Accept-Encoding is not passed on. GRIP: §4.2 of the reference.
 */
const ALWAYS_REMOVED: ReadonlySet<string> = new Set(['accept-encoding', 'content-length', 'expect', 'host'])

/** Builds the fields that the origin gets, without Host and framing. */
export function originHeaders(environment: ProxyEnvironment, routed: RoutedRequest, grip: boolean): string[] {
  const { options } = environment
  const sent = withRouteHeaders(routed.request.headers, routed.route.setHeaders)
  const nominated = nominatedByConnection(sent)
  const isRemoved = (lowerName: string): boolean =>
    ALWAYS_REMOVED.has(lowerName) ||
    isHopByHop(lowerName, nominated) ||
    (!routed.trusted && lowerName.startsWith('grip-')) ||
    isReplaced(lowerName, options)
  const headers: string[] = []
  for (let i = 0; i < sent.length; i += 2) {
    const lowerName = (sent[i] as string).toLowerCase()
    const isKeptMark = lowerName.startsWith(ORIGINAL_MARK) && routed.route.origHeaders && routed.trusted
    if (lowerName.startsWith(ORIGINAL_MARK) ? isKeptMark : !isRemoved(lowerName)) {
      headers.push(sent[i] as string, sent[i + 1] as string)
    }
  }
  if (routed.route.origHeaders && !routed.trusted) addMarked(headers, sent, options)
  addForwarded(headers, sent, routed, options)
  if (grip && !routed.trusted) addGrip(headers, environment, routed)
  return headers
}

/** Fields that the options take over: they are written anew by `addForwarded`, or were for us. */
function isReplaced(lowerName: string, options: ProxyOptions): boolean {
  switch (lowerName) {
    case 'x-forwarded-for':
      return true
    case 'x-forwarded-proto':
    case 'x-forwarded-protocol':
      return options.setXForwardedProtocol !== 'off' || options.acceptXForwardedProtocol
    case 'cdn-loop':
      return options.cdnLoop !== ''
    case 'pushpin-route':
      return options.acceptPushpinRoute
    default:
      return false
  }
}

function addForwarded(
  headers: string[],
  sent: RawHeaders,
  routed: RoutedRequest,
  options: ProxyOptions,
): void {
  if (routed.secure && options.setXForwardedProtocol !== 'off') {
    headers.push('X-Forwarded-Proto', 'https')
    if (options.setXForwardedProtocol === 'both') headers.push('X-Forwarded-Protocol', 'https')
  }
  const rule = routed.trusted ? options.xForwardedForTrusted : options.xForwardedFor
  const addresses = forwardedFor(sent, rule, routed.request)
  if (addresses !== undefined) headers.push('X-Forwarded-For', addresses)
  if (options.cdnLoop !== '') {
    const loop = getAllHeaders(sent, 'cdn-loop').flatMap((value) =>
      value.split(',').map((token) => token.trim()),
    )
    headers.push('CDN-Loop', [...loop.filter((token) => token !== ''), options.cdnLoop].join(', '))
  }
}

function addGrip(headers: string[], environment: ProxyEnvironment, routed: RoutedRequest): void {
  const signer = environment.signerFor(routed.route)
  if (signer !== undefined) headers.push('Grip-Sig', signer.sign(Math.floor(Date.now() / 1000)))
  headers.push('Grip-Feature', GRIP_FEATURE_VALUE)
}

/** Repeats every field that the client sent under a marked name, also those that are removed. Pushpin: orig_headers. */
function addMarked(headers: string[], sent: RawHeaders, options: ProxyOptions): void {
  for (let i = 0; i < sent.length; i += 2) {
    const name = sent[i] as string
    const lowerName = name.toLowerCase()
    if (lowerName.startsWith(ORIGINAL_MARK)) headers.push(name, sent[i + 1] as string)
    else if (!options.origHeadersNeedMark.has(lowerName)) {
      headers.push(`${ORIGINAL_MARK}${name}`, sent[i + 1] as string)
    }
  }
}

/** Applies a route's `header=` properties: each replaces all fields of its name; an empty value only removes them. */
function withRouteHeaders(sent: RawHeaders, set: RawHeaders): RawHeaders {
  if (set.length === 0) return sent
  const names = new Set<string>()
  for (let i = 0; i < set.length; i += 2) names.add((set[i] as string).toLowerCase())
  const headers: string[] = []
  for (let i = 0; i < sent.length; i += 2) {
    if (!names.has((sent[i] as string).toLowerCase())) headers.push(sent[i] as string, sent[i + 1] as string)
  }
  for (let i = 0; i < set.length; i += 2) {
    if (set[i + 1] !== '') headers.push(set[i] as string, set[i + 1] as string)
  }
  return headers
}

/** Fields that tell an origin up to where a client has the items of its channels. GRIP: Grip-Last. */
export function lastIdHeaders(lastIds: readonly LastId[]): string[] {
  return lastIds.flatMap(({ channel, id }) => ['Grip-Last', wireFromText(`${channel}; last-id=${id}`)])
}

/** Tells whether the request names itself a batch of WebSocket events. GRIP: WebSocket-over-HTTP. */
export function isSocketEvents(headers: RawHeaders): boolean {
  return mediaType(headers) === SOCKET_EVENTS_TYPE
}
