import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { extension } from 'ws'
import type { ClientRequest } from '../../edges/client.ts'
import { getAllHeaders, getHeader, type RawHeaders } from '../../util/headers.ts'
import type { RequestHead } from '../requestHead.ts'
import { canDeflate, type ExtensionOffers } from './permessageDeflate.ts'

/** What a valid handshake says of the WebSocket that is to be. */
export interface SocketTerms {
  /** The client takes compressed messages as we make them. */
  readonly canDeflate: boolean
}

/** What a valid handshake of HTTP/1.1 says. */
export interface HandshakeTerms extends SocketTerms {
  /** The value of Sec-WebSocket-Key. */
  readonly key: string
}

/** Pushpin: longer keys are refused. grip-websocket.md §2.1. */
const MAX_KEY_BYTES = 220

const VERSION = '13'

/** The answer to a handshake that is not valid, in Pushpin's words. */
export const INVALID_HANDSHAKE =
  'Request contained an Upgrade header with value "websocket" but the request was not a valid WebSocket request.'

/** Pushpin leaves this out, and a client cannot tell what would have been right. RFC 6455 §4.4. */
export const VERSION_FIELD: RawHeaders = ['Sec-WebSocket-Version', VERSION]

/**
 * Tells whether a request wants to become a WebSocket. Connection need not nominate Upgrade: proxies that pass the one on and not the
 * other are common, and Pushpin serves what comes from behind them. Of HTTP/1.0 clients the wish is ignored. RFC 9110 §7.8.
 */
export function asksForWebSocket(incoming: IncomingMessage): boolean {
  return (
    incoming.httpVersionMinor > 0 && getHeader(incoming.rawHeaders, 'upgrade')?.toLowerCase() === 'websocket'
  )
}

/** Reads a handshake; undefined when it is not valid. RFC 6455 §4.2.1, less what Pushpin does not ask for either. */
export function readHandshake(incoming: IncomingMessage, head: RequestHead): HandshakeTerms | undefined {
  const { rawHeaders, method } = incoming
  const key = getHeader(rawHeaders, 'sec-websocket-key')
  const terms = readTerms(rawHeaders)
  const isValid = method === 'GET' && !head.hasBody && terms !== undefined
  if (!isValid || key === undefined || key === '' || key.length > MAX_KEY_BYTES) return undefined
  return { key, ...terms }
}

/** Reads what a handshake of any version of HTTP says of the WebSocket; undefined when it is not valid. */
export function readTerms(headers: RawHeaders): SocketTerms | undefined {
  const offers = readOffers(headers)
  if (offers === undefined || getHeader(headers, 'sec-websocket-version') !== VERSION) return undefined
  return { canDeflate: canDeflate(offers) }
}

/** Describes a handshake as the request that it is. */
export function describeHandshake(
  { incoming, socket }: { readonly incoming: IncomingMessage; readonly socket: Socket },
  { target, authority }: RequestHead,
  { isSecure }: { readonly isSecure: boolean },
): ClientRequest {
  return {
    method: 'GET',
    target,
    httpVersion: '1.1',
    secure: isSecure,
    authority,
    headers: incoming.rawHeaders,
    peerAddress: socket.remoteAddress ?? '',
    body: undefined,
    bodyLength: undefined,
  }
}

function readOffers(headers: RawHeaders): ExtensionOffers | undefined {
  const value = getAllHeaders(headers, 'sec-websocket-extensions').join(', ')
  if (value === '') return {}
  try {
    return extension.parse(value)
  } catch {
    // It says where the field breaks off, which is of no use to the client: the answer is the same.
    return undefined
  }
}
