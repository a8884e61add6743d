import { getHeader, headerTokens, isHeaderName, type RawHeaders } from '../../util/headers.ts'

const ALL_METHODS = 'OPTIONS, HEAD, GET, POST, PUT, DELETE'
const MAX_AGE_SECONDS = '3600'

/** Fields that every script may read. Fetch §2.2.2, CORS-safelisted response-header name. */
const NEED_NO_EXPOSURE: ReadonlySet<string> = new Set([
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
])

/**
 * Lets scripts of every site read a response: adds each of the CORS fields that it does not have, made of what the client's
 * request asks for. Returns a new list. Pushpin: `auto_cross_origin`.
 */
export function addCorsHeaders(response: RawHeaders, request: RawHeaders): string[] {
  const headers = [...response]
  const add = (name: string, value: string): void => {
    if (value !== '' && getHeader(response, name.toLowerCase()) === undefined) headers.push(name, value)
  }
  add('Access-Control-Allow-Methods', getHeader(request, 'access-control-request-method') || ALL_METHODS)
  add('Access-Control-Allow-Headers', listValues(request, 'access-control-request-headers').join(', '))
  add('Access-Control-Expose-Headers', exposedNames(response).join(', '))
  add('Access-Control-Allow-Credentials', 'true')
  add('Access-Control-Max-Age', MAX_AGE_SECONDS)
  if (getHeader(response, 'access-control-allow-origin') === undefined) addOrigin(headers, request)
  return headers
}

/**
 * Without `Vary` a cache would hand one site's answer to another, which could then not read it (Fetch, "CORS protocol and HTTP
 * caches"). A deviation: Pushpin does not say it.
 */
function addOrigin(headers: string[], request: RawHeaders): void {
  headers.push('Access-Control-Allow-Origin', getHeader(request, 'origin') || '*')
  const varying = headerTokens(headers, 'vary')
  if (!varying.includes('origin') && !varying.includes('*')) headers.push('Vary', 'Origin')
}

/** Names of the fields that a script may read only when they are mentioned, each once. */
function exposedNames(headers: RawHeaders): string[] {
  const names = new Map<string, string>()
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const lowerName = name.toLowerCase()
    const isHidden = lowerName.startsWith('access-control-') || lowerName.startsWith('grip-')
    if (!isHidden && !NEED_NO_EXPOSURE.has(lowerName) && !names.has(lowerName)) names.set(lowerName, name)
  }
  return [...names.values()]
}

/** The elements of all fields of that name, as they are spelled. */
function listValues(headers: RawHeaders, lowerName: string): string[] {
  const values: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (isHeaderName(headers[i] as string, lowerName)) values.push(...(headers[i + 1] as string).split(','))
  }
  return values.map((value) => value.trim()).filter((value) => value !== '')
}
