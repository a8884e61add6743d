import type { IncomingMessage } from 'node:http'
import { isHeaderName, type RawHeaders } from '../util/headers.ts'
import { bodyTooLarge } from './bodyLimit.ts'

/** What a request's line and fields say about where it goes and how its body is framed. */
export interface RequestHead {
  /** Origin-form, or `*`. */
  readonly target: string
  readonly authority: string
  readonly bodyLength: number | undefined
  readonly hasBody: boolean
  readonly expectsContinue: boolean
}

/** A request that is refused before routing: the answer's status and the reason for people. */
export interface RequestFault {
  readonly status: 400 | 405 | 413 | 414 | 505
  readonly reason: string
}

/** How large a request may be. */
export interface RequestLimits {
  /** From the request line to the empty line. */
  readonly maxHeaderBytes: number
  /** Fields; Pushpin's 64 when not given. */
  readonly maxHeaderCount?: number | undefined
  /** No more than the head when not given. */
  readonly maxUriBytes?: number | undefined
  /** Unlimited when not given. */
  readonly maxBodyBytes?: number | undefined
}

/** Pushpin: operations.md §7.1. */
const MAX_HEADER_COUNT = 64

/** `host`, `host:port`, `[v6]:port`: no user, path, comma or blank. RFC 3986 §3.2.2, RFC 9110 §7.2. */
const AUTHORITY = /^(?:[A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/
const MAX_PORT = 65_535

/** RFC 9110 §10.1.1: a list, of which other members are not known to us. */
const CONTINUE = /(?:^|,)[ \t]*100-continue[ \t]*(?:,|$)/i

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i

/** Checks what `node:http`'s parser lets through, and reads the head; returns a fault when it must be refused. */
export function readRequestHead(
  incoming: IncomingMessage,
  limits: RequestLimits,
): RequestHead | RequestFault {
  // How the parser calls a request line without a version.
  if (incoming.httpVersionMajor === 0) return badRequest('Failed to parse request: no HTTP version')
  if (incoming.httpVersionMajor !== 1 || incoming.httpVersionMinor > 1) {
    return { status: 505, reason: 'Failed to parse request: unsupported HTTP version' }
  }
  return readRequestParts({
    method: incoming.method as string,
    url: incoming.url as string,
    headers: incoming.rawHeaders,
    minorVersion: incoming.httpVersionMinor,
    limits,
  })
}

/** The parts of a request's head, as a parser has told them apart. */
export interface RequestParts {
  readonly method: string
  readonly url: string
  readonly headers: RawHeaders
  /** Of HTTP/1; later versions are held to the rules of HTTP/1.1. */
  readonly minorVersion: number
  readonly limits: RequestLimits
}

/** Checks and reads a head whose parts are known. */
export function readRequestParts(parts: RequestParts): RequestHead | RequestFault {
  const { method, url, limits } = parts
  const fields = readFields(parts.headers)
  const sizeFault = checkSizes(fields, { limits, url, method })
  if (sizeFault !== undefined) return sizeFault
  const framingFault = checkFraming(fields, parts.minorVersion)
  if (framingFault !== undefined) return badRequest(framingFault)
  const place = locate(fields, parts)
  if (typeof place === 'string') return badRequest(place)
  const bodyLength = fields.contentLength === undefined ? undefined : Number(fields.contentLength)
  const { maxBodyBytes = Number.POSITIVE_INFINITY } = limits
  if (bodyLength !== undefined && bodyLength > maxBodyBytes)
    return { status: 413, reason: bodyTooLarge(maxBodyBytes) }
  return {
    target: place.target,
    authority: place.authority,
    bodyLength,
    hasBody: fields.transferEncoding !== undefined || (bodyLength ?? 0) > 0,
    expectsContinue: fields.expectsContinue && parts.minorVersion > 0,
  }
}

interface Fields {
  count: number
  bytes: number
  host: string | undefined
  hostCount: number
  transferEncoding: string | undefined
  contentLength: string | undefined
  expectsContinue: boolean
}

/** Bytes of a head beside its names and values: ` HTTP/1.1\r\n`, a blank after the method, and the empty line. */
const LINE_OVERHEAD_BYTES = 14
/** `: ` and CRLF. */
const FIELD_OVERHEAD_BYTES = 4

function readFields(headers: RawHeaders): Fields {
  const fields: Fields = {
    count: headers.length / 2,
    bytes: LINE_OVERHEAD_BYTES,
    host: undefined,
    hostCount: 0,
    transferEncoding: undefined,
    contentLength: undefined,
    expectsContinue: false,
  }
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    fields.bytes += name.length + value.length + FIELD_OVERHEAD_BYTES
    if (isHeaderName(name, 'host')) {
      fields.host = value
      fields.hostCount++
    } else if (isHeaderName(name, 'transfer-encoding')) {
      fields.transferEncoding =
        fields.transferEncoding === undefined ? value : `${fields.transferEncoding},${value}`
    } else if (isHeaderName(name, 'content-length')) {
      fields.contentLength = value
    } else if (isHeaderName(name, 'expect')) {
      fields.expectsContinue ||= CONTINUE.test(value)
    }
  }
  return fields
}

function checkSizes(
  fields: Fields,
  { limits, url, method }: { limits: RequestLimits; url: string; method: string },
): RequestFault | undefined {
  const { maxHeaderBytes, maxHeaderCount = MAX_HEADER_COUNT, maxUriBytes = maxHeaderBytes } = limits
  if (url.length > maxUriBytes) {
    return { status: 414, reason: `Request target exceeded limit of ${maxUriBytes} bytes.` }
  }
  if (fields.bytes + url.length + method.length > maxHeaderBytes) {
    return badRequest(`Request header size exceeded limit of ${maxHeaderBytes} bytes.`)
  }
  if (fields.count > maxHeaderCount) return badRequest('Failed to parse request: too many headers')
  return undefined
}

/** RFC 9112 §6.1, §6.3; like Pushpin, the only transfer coding taken is `chunked`, alone. */
function checkFraming(fields: Fields, minorVersion: number): string | undefined {
  const { transferEncoding, contentLength } = fields
  if (transferEncoding !== undefined) {
    if (transferEncoding.toLowerCase() !== 'chunked' || minorVersion === 0) {
      return 'Failed to parse request: unsupported transfer encoding'
    }
    if (contentLength !== undefined) return 'Failed to parse request: invalid content length'
  }
  if (contentLength !== undefined && !/^[0-9]{1,15}$/.test(contentLength)) {
    return 'Failed to parse request: invalid content length'
  }
  return undefined
}

/** RFC 9112 §3.2: where the request goes, or what is wrong with what it says of that. */
function locate(
  fields: Fields,
  { method, url, minorVersion }: RequestParts,
): { target: string; authority: string } | string {
  if (fields.hostCount > 1) return 'Failed to parse request: more than one Host header'
  if (fields.host === undefined && minorVersion > 0) return 'Failed to parse request: no Host header'
  if (fields.host !== undefined && !isAuthority(fields.host))
    return 'Failed to parse request: invalid Host header'
  const authority = fields.host ?? 'localhost'
  if (NOT_IN_TARGET.test(url)) return INVALID_TARGET
  if (url.startsWith('/')) return { target: url, authority }
  if (url === '*') return method === 'OPTIONS' ? { target: url, authority } : INVALID_TARGET
  const absolute = ABSOLUTE_FORM.exec(url)
  if (absolute === null) return INVALID_TARGET
  const [, absoluteAuthority = '', rest = ''] = absolute
  if (!isAuthority(absoluteAuthority)) return INVALID_TARGET
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority: absoluteAuthority }
}

function isAuthority(text: string): boolean {
  const found = AUTHORITY.exec(text)
  return found !== null && Number(found[1] ?? 0) <= MAX_PORT
}

/** All but graphic ASCII, and the start of a fragment: HTTP/2 carries any bytes. RFC 3986 §2. */
const NOT_IN_TARGET = /[^!"$-~]/

const INVALID_TARGET = 'Failed to parse request: invalid request target'

function badRequest(reason: string): RequestFault {
  return { status: 400, reason }
}
