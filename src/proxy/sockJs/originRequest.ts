import { filterHeaders } from '../../util/headers.ts'
import type { RoutedRequest } from '../findRoute.ts'

/** Fields of a body that the origin's handshake does not have. */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'expect',
  'transfer-encoding',
])

/** Makes the request by which the origin is to know a client: the client's first one, as the handshake of a WebSocket. */
export function originRequest(
  routed: RoutedRequest,
  place: { readonly path: string; readonly target: string },
): RoutedRequest {
  const { request } = routed
  const { httpVersion, secure, authority, peerAddress } = request
  const query = place.target.indexOf('?')
  return {
    ...routed,
    protocol: 'ws',
    request: {
      httpVersion,
      secure,
      authority,
      peerAddress,
      method: 'GET',
      target: query < 0 ? place.path : place.path + place.target.slice(query),
      headers: filterHeaders(request.headers, (name) => !OF_THE_BODY.has(name)),
      body: undefined,
      bodyLength: undefined,
    },
  }
}
