import { Readable } from 'node:stream'
import type { ClientRequest, ClientResponse } from '../../edges/client.ts'
import type { Origin } from '../../edges/origin.ts'
import { filterHeaders, getHeader, type RawHeaders } from '../../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../../util/hopByHop.ts'
import { LOCAL_TARGET } from '../localTarget.ts'
import { RelayThrough } from '../relayThrough.ts'

/** A request whose body has been read. */
export interface ReadRequest {
  readonly request: ClientRequest
  readonly response: ClientResponse
  readonly body: Buffer
  /** Told of an answer that is not the owner's. */
  onFailure(result: { readonly status: number; readonly bodyBytes: number }): void
}

/** Says of the client's connection what its request cannot say: `https` or `http`, and the address. */
const CLIENT_FIELD = 'Holdfast-Client'
const LOWER_CLIENT_FIELD = 'holdfast-client'

/** Of a hop, or written anew for it. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['content-length', 'expect', 'host', LOWER_CLIENT_FIELD])

/** Has another process of the server answer a request; it gets the request as if it had come to it. */
export function relayToOwner(owner: Origin, { request, response, body, onFailure }: ReadRequest): void {
  const hasBody = request.body !== undefined
  const relayed = { ...requestLine(request), body: hasBody ? Readable.from([body]) : undefined }
  const client = {
    request: { ...relayed, headers: request.headers, bodyLength: hasBody ? body.length : undefined },
    response,
  }
  new RelayThrough(owner, client, {
    targets: [LOCAL_TARGET],
    path: request.target,
    authority: request.authority,
    headers: [...endToEnd(request.headers), CLIENT_FIELD, describeClient(request)],
    debug: false,
    onDone: ({ status, bodyBytes = 0, error }) => {
      if (error !== undefined && status !== undefined) onFailure({ status, bodyBytes })
    },
  }).start()
}

/** Reads a request that `relayToOwner` has sent; only to be called for what comes from processes of the server itself. */
export function readRelayed(request: ClientRequest): ClientRequest {
  const [scheme, peerAddress = ''] = (getHeader(request.headers, LOWER_CLIENT_FIELD) ?? '').split(' ')
  const { body, bodyLength } = request
  const headers = filterHeaders(request.headers, (name) => name !== LOWER_CLIENT_FIELD)
  return { ...requestLine(request), headers, body, bodyLength, secure: scheme === 'https', peerAddress }
}

function describeClient({ secure, peerAddress }: ClientRequest): string {
  return `${secure ? 'https' : 'http'} ${peerAddress}`
}

function endToEnd(headers: RawHeaders): string[] {
  const nominated = nominatedByConnection(headers)
  return filterHeaders(headers, (name) => !OWN_FIELDS.has(name) && !isHopByHop(name, nominated))
}

/** A request may be an object with getters, of which a spread would copy nothing. */
function requestLine({ method, target, httpVersion, secure, authority, peerAddress }: ClientRequest) {
  return { method, target, httpVersion, secure, authority, peerAddress }
}
