import { getAllHeaders, type RawHeaders } from '../util/headers.ts'
import { getParameter, parseParameters, splitList } from './headerParams.ts'

/** The offer to an origin, and the name of the extension. GRIP: Sec-WebSocket-Extensions. */
export const GRIP_EXTENSION = 'grip'

/** Marks a text message of the origin as one for the proxy; it cannot be changed. GRIP: control messages. */
export const CONTROL_PREFIX: Buffer = Buffer.from('c:')

/** How an origin and we speak on a WebSocket for which it has accepted GRIP. */
export interface GripTerms {
  /** Marks what is for the client, and is taken off; may be empty. GRIP: message-prefix. */
  readonly messagePrefix: Buffer
}

const DEFAULT_TERMS: GripTerms = { messagePrefix: Buffer.from('m:') }

const NAME = '[^=;"\\s]+'
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"'
const BARE = '[^";\\s][^;]*'
const PARAMETERS = new RegExp(
  `^(?:[ \\t]*${NAME}[ \\t]*(?:=[ \\t]*(?:${QUOTED}|${BARE}))?[ \\t]*(?:;|$))*[ \\t]*$`,
)

/**
 * Reads how an origin accepts GRIP: of several entries the first one counts. Undefined where there is none, or where its
 * parameters are malformed: then nothing that it sends is an instruction.
 */
export function parseGripAcceptance(headers: RawHeaders): GripTerms | undefined {
  const entry = findGripEntry(headers)
  if (entry === undefined) return undefined
  const semicolon = entry.indexOf(';')
  if (semicolon < 0) return DEFAULT_TERMS
  const text = entry.slice(semicolon + 1)
  // A name with `=` and nothing after it is malformed, a name alone is not.
  const parameters = PARAMETERS.test(text) ? parseParameters(text) : undefined
  if (parameters === undefined) return undefined
  const prefix = getParameter(parameters, 'message-prefix')
  return prefix === undefined ? DEFAULT_TERMS : { messagePrefix: Buffer.from(prefix, 'latin1') }
}

/** Returns the first entry for GRIP as it stands in the list of extensions, for a GRIP proxy in front of us to read. */
export function findGripEntry(headers: RawHeaders): string | undefined {
  for (const value of getAllHeaders(headers, 'sec-websocket-extensions')) {
    const entry = splitList(value).find((element) => nameOf(element) === GRIP_EXTENSION)
    if (entry !== undefined) return entry
  }
  return undefined
}

/** Extension tokens are compared as they are spelled, as Pushpin does. */
function nameOf(element: string): string {
  const semicolon = element.indexOf(';')
  return (semicolon < 0 ? element : element.slice(0, semicolon)).trim()
}
