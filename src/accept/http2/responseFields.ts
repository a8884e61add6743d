import { constants, type OutgoingHttpHeaders } from 'node:http2'
import type { RawHeaders } from '../../util/headers.ts'

/** Fields that HTTP/2 forbids: framing and connections are its own. RFC 9113 §8.2.2. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** Fields of which `node:http2` sends only one, and refuses to be given more. */
const SINGLE_FIELDS: ReadonlySet<string> = new Set([
  ':status',
  ...[
    'access-control-allow-credentials',
    'access-control-max-age',
    'age',
    'content-encoding',
    'content-length',
  ],
  ...['content-location', 'content-md5', 'content-range', 'content-type', 'date', 'dnt', 'etag', 'expires'],
  ...['last-modified', 'location', 'referer', 'retry-after', 'server', 'tk', 'upgrade-insecure-requests'],
  ...['x-content-type-options'],
])

/** Returns status and fields of an answer as `node:http2` takes them: names in lower case, repeated fields as lists. */
export function responseFields(status: number, headers: RawHeaders): OutgoingHttpHeaders {
  const fields: Record<string, string | number | string[]> = { [constants.HTTP2_HEADER_STATUS]: status }
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    const value = headers[i + 1] as string
    if (CONNECTION_FIELDS.has(name)) continue
    // `node:http2` sends no body with it; a length of one would break the stream. RFC 9110 §15.3.6.
    if (status === constants.HTTP_STATUS_RESET_CONTENT && name === 'content-length') continue
    const before = fields[name]
    if (before === undefined || SINGLE_FIELDS.has(name)) fields[name] ??= value
    else if (Array.isArray(before)) before.push(value)
    else fields[name] = [String(before), value]
  }
  return fields
}
