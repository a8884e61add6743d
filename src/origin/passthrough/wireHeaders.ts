import type { IncomingMessage } from 'node:http'
import type { RawHeaders } from '../../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../../util/hopByHop.ts'

/** How the client's body is framed; taken from the request before `http-proxy` changes its fields. */
export interface BodyFraming {
  readonly hasBody: boolean
  /** Fields that say so to the origin. */
  readonly headers: RawHeaders
}

/** Methods that usually have no body, and then say nothing of its length. RFC 9110 §8.6. */
const BODILESS_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'DELETE',
])

/** Reads how the body of a request is framed. */
export function framingOf(request: IncomingMessage): BodyFraming {
  const { 'transfer-encoding': coding, 'content-length': length } = request.headers
  if (coding !== undefined) return { hasBody: true, headers: ['Transfer-Encoding', 'chunked'] }
  if (length !== undefined) return { hasBody: Number(length) > 0, headers: ['Content-Length', length] }
  const isBodiless = BODILESS_METHODS.has(request.method ?? '')
  return { hasBody: false, headers: isBodiless ? [] : ['Content-Length', '0'] }
}

/** Returns the fields of an origin's answer that the client gets, as they stood on the wire. */
export function answerHeaders(status: number, headers: RawHeaders): string[] {
  const nominated = nominatedByConnection(headers)
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const lowerName = name.toLowerCase()
    if (isHopByHop(lowerName, nominated)) continue
    // RFC 9110 §8.6: never with 204.
    if (lowerName === 'content-length' && status === 204) continue
    kept.push(name, headers[i + 1] as string)
  }
  return kept
}

/** Writes a status line and fields, each ended by CRLF, without the empty line. */
export function encodeHead(statusLine: string, headers: RawHeaders): string {
  let text = `${statusLine}\r\n`
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return text
}

/** Returns the values of each field, by name as spelled: the form from which `http-proxy` writes them. */
export function fieldsByName(rawHeaders: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    headers[name] ??= []
    headers[name].push(rawHeaders[i + 1] as string)
  }
  return headers
}
