import { getAllHeaders, getHeader, type RawHeaders, type ResponseHead } from '../../util/headers.ts'
import { parseParameters, splitList } from '../headerParams.ts'
import { isFieldText, textFromWire, trimOws } from '../headerText.ts'
import { parseInteger } from '../jsonFields.ts'
import { clientHeaders } from '../responseHeaders.ts'
import { isFinalStatus } from '../statusReasons.ts'
import { addHeaderChannels, type ChannelsByName } from './channels.ts'
import type { HoldMode, InstructDraft } from './draft.ts'
import { adviceFor, invalidInstruct, parseSeconds } from './invalidInstruct.ts'
import { parseKeepAliveHeader } from './keepAlive.ts'
import { parseLinks } from './links.ts'

/** Parses every `Grip-` header of a response, in Pushpin's order, which decides which of two faults is told. */
export function parseGripHeaders(head: ResponseHead, body: Buffer): InstructDraft {
  const { headers } = head
  const channels: ChannelsByName = new Map()
  const holdMode = parseHold(headers)
  addHeaderChannels(channels, headers)
  const timeoutSeconds = parseTimeout(headers)
  const keepAlive = parseKeepAliveHeader(headers)
  const meta = parseMeta(headers)
  const { status, reason } = parseStatus(headers) ?? head
  const links = parseLinks(headers)
  const response = { status, reason, headers: clientHeaders(headers) }
  return { holdMode, channels, timeoutSeconds, keepAlive, meta, links, response, body }
}

function parseHold(headers: RawHeaders): HoldMode {
  const value = getHeader(headers, 'grip-hold')
  if (value === undefined) return 'none'
  const mode = trimOws(value)
  if (mode === 'response' || mode === 'stream') return mode
  throw invalidInstruct(
    "Grip-Hold must be set to either 'response' or 'stream'",
    adviceFor(value, "write it in lower case: 'response' for a long poll, 'stream' for all that go on"),
  )
}

function parseTimeout(headers: RawHeaders): number | undefined {
  const value = getHeader(headers, 'grip-timeout')
  if (value === undefined) return undefined
  return parseSeconds(value, { parse: 'Grip-Timeout', range: 'Grip-Timeout' })
}

/** Only the first pair of each element counts; an element with bad quoting is passed over. GRIP: Grip-Set-Meta. */
function parseMeta(headers: RawHeaders): Map<string, string> {
  const meta = new Map<string, string>()
  for (const value of getAllHeaders(headers, 'grip-set-meta')) {
    for (const element of splitList(trimOws(value))) {
      if (element === '') {
        const advice = adviceFor(value, 'write pairs with commas between, such as user="ann", team="b"')
        throw invalidInstruct('Grip-Set-Meta cannot be empty', advice)
      }
      const pair = parseParameters(element)?.[0]
      if (pair !== undefined) meta.set(textFromWire(pair.name), textFromWire(pair.value))
    }
  }
  return meta
}

/** `CODE[ REASON]`. Codes below 200 would not end the exchange; a deviation: Pushpin takes 0 to 999. */
function parseStatus(headers: RawHeaders): { status: number; reason: string } | undefined {
  const value = trimOws(getHeader(headers, 'grip-status') ?? '')
  if (value === '') return undefined
  const space = value.indexOf(' ')
  const status = parseInteger(space < 0 ? value : value.slice(0, space))
  const reason = space < 0 ? '' : value.slice(space + 1)
  if (status === undefined || !isFinalStatus(status)) {
    const advice = adviceFor(value, 'write a code of 200 to 999 and perhaps a reason, such as 404 Not Found')
    throw invalidInstruct('Grip-Status contains invalid status code', advice)
  }
  if (!isFieldText(reason)) throw invalidInstruct('Grip-Status contains invalid reason phrase')
  return { status, reason }
}
