import { getAllHeaders, type RawHeaders } from '../../util/headers.ts'
import { getParameter, type HeaderParameter, parseLinkElement, splitLinkList } from '../headerParams.ts'
import { textFromWire, trimOws } from '../headerText.ts'
import { adviceFor, invalidInstruct, parseSeconds } from './invalidInstruct.ts'

/** Where the next part of a stream comes from. GRIP: Grip-Link, rel=next. */
export interface NextLink {
  readonly url: string
  readonly timeoutSeconds: number
}

/** What to call when the client has gone. GRIP: Grip-Link, rel=gone. */
export interface GoneLink {
  readonly url: string
}

/** The links of an instruction. GRIP: Grip-Link. */
export interface InstructLinks {
  readonly nextLink: NextLink | undefined
  readonly goneLink: GoneLink | undefined
}

const RIGHT_FORM = 'write a path or an http URL in angle brackets, such as </next>; rel=next'
const DEFAULT_TIMEOUT_SECONDS = 120

/** A deviation: Pushpin takes 0 and then fetches as fast as it can. */
const MIN_TIMEOUT_SECONDS = 1

/** Parses all Grip-Link headers; the last link of each relation counts, unknown relations do not. */
export function parseLinks(headers: RawHeaders): InstructLinks {
  let nextLink: NextLink | undefined
  let goneLink: GoneLink | undefined
  for (const { url, parameters } of eachLink(headers)) {
    const relation = getParameter(parameters, 'rel')
    if (relation === 'next') nextLink = { url, timeoutSeconds: parseTimeout(parameters) }
    else if (relation === 'gone') goneLink = { url }
  }
  return { nextLink, goneLink }
}

/** Elements without parameters, and those with bad quoting, are no links. */
function* eachLink(headers: RawHeaders): Generator<{ url: string; parameters: readonly HeaderParameter[] }> {
  for (const value of getAllHeaders(headers, 'grip-link')) {
    for (const element of splitLinkList(trimOws(value))) {
      const link = parseLinkElement(element)
      if (link !== undefined && link.parameters.length > 0) {
        yield { url: parseUrl(link.value), parameters: link.parameters }
      }
    }
  }
}

/** Only URLs that can be fetched are valid, whatever they are relative to. */
function parseUrl(value: string): string {
  if (value.length <= 2 || !value.startsWith('<') || !value.endsWith('>')) {
    throw invalidInstruct('failed to parse Grip-Link value', adviceFor(value, RIGHT_FORM))
  }
  const url = textFromWire(value.slice(1, -1))
  const protocol = URL.canParse(url, 'http://origin/') ? new URL(url, 'http://origin/').protocol : undefined
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw invalidInstruct('Grip-Link contains invalid link', adviceFor(value, RIGHT_FORM))
  }
  return url
}

function parseTimeout(parameters: readonly HeaderParameter[]): number {
  const text = getParameter(parameters, 'timeout')
  if (text === undefined) return DEFAULT_TIMEOUT_SECONDS
  const names = { parse: 'Grip-Link timeout value', range: 'Grip-Link timeout' }
  return Math.max(parseSeconds(text, names), MIN_TIMEOUT_SECONDS)
}
