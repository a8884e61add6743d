import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { OriginRequest } from '../edges/origin.ts'
import { getHeader, type RawHeaders } from '../util/headers.ts'

/** Makes the Request of the Fetch standard that says the same. Throws TypeError where that cannot be said in one. */
export function fetchRequest(request: OriginRequest, signal: AbortSignal): Request {
  const { method, authority, path, headers } = request
  const scheme = getHeader(headers, 'x-forwarded-proto') === 'https' ? 'https' : 'http'
  // `OPTIONS *` asks about the whole server: RFC 9110 §9.3.7.
  const url = `${scheme}://${authority}${path.startsWith('/') ? path : '/'}`
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(url, {
    method,
    headers: fetchHeaders(headers, authority),
    body: hasBody ? bodyOf(request) : null,
    redirect: 'manual',
    duplex: 'half',
    signal,
  })
}

/** Returns the fields of a Response in the form of the wire. */
export function wireHeaders(headers: Headers): string[] {
  const fields: string[] = []
  headers.forEach((value, name) => {
    if (name !== 'set-cookie') fields.push(name, value)
  })
  for (const cookie of headers.getSetCookie()) fields.push('set-cookie', cookie)
  return fields
}

function fetchHeaders(fields: RawHeaders, authority: string): Headers {
  const headers = new Headers([['host', authority]])
  for (let i = 0; i < fields.length; i += 2) headers.append(fields[i] as string, fields[i + 1] as string)
  return headers
}

function bodyOf({ body }: OriginRequest): Buffer | ReadableStream | null {
  if (body === undefined || Buffer.isBuffer(body)) return body ?? null
  return Readable.toWeb(body)
}
