import { createHash, randomBytes } from 'node:crypto'
import { PerMessageDeflate } from 'ws'
import type { OriginRequest } from '../../edges/origin.ts'
import { parseElement, splitList } from '../../grip/headerParams.ts'
import { trimOws } from '../../grip/headerText.ts'
import { getAllHeaders, getHeader, type RawHeaders } from '../../util/headers.ts'

/** RFC 6455 §1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const DEFLATE = PerMessageDeflate.extensionName

/** Makes the value of Sec-WebSocket-Key. */
export function freshKey(): string {
  return randomBytes(16).toString('base64')
}

/** Returns the fields of the handshake that an origin gets, in the order of GRIP's proxies. */
export function handshakeHeaders(
  request: OriginRequest,
  { key, offersDeflate }: { readonly key: string; readonly offersDeflate: boolean },
): string[] {
  const offer = offersDeflate ? ['Sec-WebSocket-Extensions', DEFLATE] : []
  return [
    ...['Host', request.authority],
    ...['Upgrade', 'websocket'],
    ...['Connection', 'Upgrade'],
    ...['Sec-WebSocket-Version', '13'],
    ...['Sec-WebSocket-Key', key],
    ...offer,
    ...request.headers,
  ]
}

/** Tells whether an answer was made for that key. RFC 6455 §4.2.2. */
export function isAccepted(headers: RawHeaders, key: string): boolean {
  const expected = createHash('sha1')
    .update(key + ACCEPT_GUID)
    .digest('base64')
  return getHeader(headers, 'sec-websocket-accept')?.trim() === expected
}

/**
 * Sets up the compression that an origin has agreed to; undefined for none. Throws where it agreed to what was not offered. Other
 * extensions are ignored, as Pushpin does: `grip` is the proxy's.
 */
export function agreedDeflate(
  headers: RawHeaders,
  { isOffered, maxMessageBytes }: { readonly isOffered: boolean; readonly maxMessageBytes: number },
): PerMessageDeflate | undefined {
  const answers = getAllHeaders(headers, 'sec-websocket-extensions').flatMap(splitList).filter(isDeflate)
  const [answer] = answers
  if (answer === undefined) return undefined
  if (!isOffered) throw new Error(`it agreed to ${DEFLATE}, which was not offered`)
  if (answers.length > 1) throw new Error(`it agreed to ${DEFLATE} more than once`)
  const deflate = new PerMessageDeflate({
    isServer: false,
    maxPayload: maxMessageBytes,
    threshold: 0,
    // Not offered, so that it must not be in the answer. RFC 7692 §7.1.2.2.
    clientMaxWindowBits: false,
  })
  deflate.accept([parametersOf(answer)])
  return deflate
}

/** Even where its parameters cannot be read. */
function isDeflate(element: string): boolean {
  return trimOws(element.split(';', 1)[0] ?? '').toLowerCase() === DEFLATE
}

/** As `ws` wants them: a list of values for each name, `true` where a parameter has none. */
function parametersOf(element: string): Record<string, (string | true)[]> {
  const parsed = parseElement(element)
  if (parsed === undefined) throw new Error(`its ${DEFLATE} parameters are badly quoted`)
  const values: Record<string, (string | true)[]> = Object.create(null)
  for (const { name, value } of parsed.parameters) {
    values[name] ??= []
    values[name].push(value === '' ? true : value)
  }
  return values
}
