import { isHeaderName, type RawHeaders } from '../util/headers.ts'
import { routeError } from './routeError.ts'
import type { SectionProps } from './sectionProps.ts'

// RFC 9110 §5.6.2: token
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// RFC 9110 §5.5: what a field value never has
const NEVER_IN_VALUE = /[\u0000-\u0008\u000a-\u001f\u007f]/
// RFC 9110 §7.6.1: fields of one connection, which its two ends alone decide; and Host, which `as_host` sets.
const OF_CONNECTION = new Set(
  'host connection content-length expect keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

/**
 * Makes the headers to set of the `header` properties, `name:value` each, in written order. Of a repeated name the
 * first one written counts, as in Pushpin. Fields of the connection are ignored with a warning.
 *
 * @throws HoldfastError ROUTE_INVALID with Pushpin's text; unlike Pushpin, also for what no request may carry
 */
export function parseSetHeaders(props: SectionProps): RawHeaders {
  const headers: string[] = []
  for (const text of props.all('header')) {
    const [name, value] = parseHeader(text)
    const lowerName = name.toLowerCase()
    if (OF_CONNECTION.has(lowerName)) {
      props.warnings.push(`header '${name}' is ignored: a route cannot set it`)
    } else if (!hasName(headers, lowerName)) {
      headers.push(name, value)
    }
  }
  return headers
}

function parseHeader(text: string): [name: string, value: string] {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon))
  const value = text.slice(colon + 1).replace(/^ +/, '')
  if (!TOKEN.test(name) || NEVER_IN_VALUE.test(value)) {
    throw routeError(`header must use format 'name:value': '${text}'`)
  }
  // Header values hold one character per byte; a routes file is UTF-8.
  return [name, Buffer.from(value).toString('latin1')]
}

function hasName(headers: RawHeaders, lowerName: string): boolean {
  return headers.some((text, i) => i % 2 === 0 && isHeaderName(text, lowerName))
}
