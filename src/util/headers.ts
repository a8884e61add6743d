/**
 * HTTP header fields as they stood on the wire: name, value, name, value. Names keep their spelling, repeated
 * fields stay apart, order is kept. Lookups ignore case; a `lowerName` argument must already be in lower case.
 */
export type RawHeaders = readonly string[]

/** Status line and header fields of a response. */
export interface ResponseHead {
  readonly status: number
  readonly reason: string
  readonly headers: RawHeaders
}

/** Tells whether an answer of that status never has a body. RFC 9110 §6.4.1, but for the 1xx. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304
}

/** Returns the value of the first field of that name, or undefined. */
export function getHeader(headers: RawHeaders, lowerName: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (isHeaderName(headers[i] as string, lowerName)) return headers[i + 1]
  }
  return undefined
}

/** Returns the values of all fields of that name, in order. */
export function getAllHeaders(headers: RawHeaders, lowerName: string): string[] {
  const values: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (isHeaderName(headers[i] as string, lowerName)) values.push(headers[i + 1] as string)
  }
  return values
}

/** Tells whether a field name equals a lower-case name, without making a string when the lengths differ. */
export function isHeaderName(name: string, lowerName: string): boolean {
  return name.length === lowerName.length && (name === lowerName || name.toLowerCase() === lowerName)
}

/** Returns the fields whose lower-case name passes the test, in order. */
export function filterHeaders(headers: RawHeaders, keep: (lowerName: string) => boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (keep(name.toLowerCase())) kept.push(name, headers[i + 1] as string)
  }
  return kept
}

/** Removes all fields of that name and appends one with the value. */
export function replaceHeader(headers: RawHeaders, name: string, value: string): string[] {
  const lowerName = name.toLowerCase()
  const replaced = filterHeaders(headers, (other) => other !== lowerName)
  replaced.push(name, value)
  return replaced
}

/** Returns what stands before the first `;` of Content-Type, trimmed and in lower case; empty when absent. */
export function mediaType(headers: RawHeaders): string {
  const value = getHeader(headers, 'content-type')
  if (value === undefined) return ''
  const end = value.indexOf(';')
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase()
}

/** Splits the comma lists of all fields of that name into lower-case tokens (RFC 9110 §5.6.1). */
export function headerTokens(headers: RawHeaders, lowerName: string): string[] {
  const tokens: string[] = []
  for (const value of getAllHeaders(headers, lowerName)) {
    for (const part of value.split(',')) {
      const token = part.trim().toLowerCase()
      if (token !== '') tokens.push(token)
    }
  }
  return tokens
}
