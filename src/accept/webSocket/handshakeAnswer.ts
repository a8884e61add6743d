import { createHash } from 'node:crypto'
import { filterHeaders, isBodiless, type RawHeaders, type ResponseHead } from '../../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../../util/hopByHop.ts'
import { DEFLATE_ANSWER } from './permessageDeflate.ts'

/** RFC 6455 §1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Fields of an origin's answer that Pushpin takes beside those of our own. grip-websocket.md §2.2. */
export const MAX_ORIGIN_FIELDS = 60

/** Of the origin's hop, or for us. What begins with `grip-` is, too. */
const NOT_FOR_CLIENTS: ReadonlySet<string> = new Set([
  'content-length',
  'sec-websocket-accept',
  'content-bytes-accepted',
])

/**
 * Encodes the 101 that opens a client's WebSocket: the origin's fields, then ours. An extension that is still among the former is
 * one between the client and the origin.
 */
export function encodeSwitching(
  head: ResponseHead,
  terms: { readonly key: string; readonly isDeflating: boolean },
): Buffer {
  const accept = createHash('sha1').update(`${terms.key}${ACCEPT_GUID}`, 'latin1').digest('base64')
  const own = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', accept]
  return encodeHead(101, head.reason, [...passedOn(head.headers), ...own, ...extensionFields(terms)])
}

/** Returns the fields of the answer that opens a client's WebSocket over HTTP/2, where its status is 200. RFC 8441 §5. */
export function acceptedFields(head: ResponseHead, terms: { readonly isDeflating: boolean }): string[] {
  return [...passedOn(head.headers), ...extensionFields(terms)]
}

function extensionFields({ isDeflating }: { readonly isDeflating: boolean }): string[] {
  return isDeflating ? ['Sec-WebSocket-Extensions', DEFLATE_ANSWER] : []
}

/** Encodes another answer, after which the connection closes. */
export function encodeRefusal(head: ResponseHead, body: Buffer): Buffer {
  const fields = refusalFields(head, body)
  const wire = encodeHead(head.status, head.reason, [...fields, 'Connection', 'close'])
  return isBodiless(head.status) ? wire : Buffer.concat([wire, body])
}

/** Returns the fields of an answer that opens no WebSocket, without those of its connection. */
export function refusalFields({ status, headers }: ResponseHead, body: Buffer): string[] {
  return [
    ...filterHeaders(passedOn(headers), (name) => name !== 'sec-websocket-extensions'),
    ...(isBodiless(status) ? [] : ['Content-Length', String(body.length)]),
  ]
}

/** What a client is answered whose origin has said more than MAX_ORIGIN_FIELDS. Pushpin: grip-websocket.md §2.2. */
export const TOO_MANY_FIELDS: ResponseHead = {
  status: 500,
  reason: 'Internal Server Error',
  headers: ['Content-Type', 'text/plain'],
}

/** The body that goes with TOO_MANY_FIELDS. */
export const NOT_PROCESSED = Buffer.from('Failed to process request.\n')

function passedOn(headers: RawHeaders): string[] {
  const nominated = nominatedByConnection(headers)
  return filterHeaders(
    headers,
    (name) => !isHopByHop(name, nominated) && !NOT_FOR_CLIENTS.has(name) && !name.startsWith('grip-'),
  )
}

function encodeHead(status: number, reason: string, headers: RawHeaders): Buffer {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return Buffer.from(`${text}\r\n`, 'latin1')
}
