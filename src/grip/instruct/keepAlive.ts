import { getHeader, type RawHeaders } from '../../util/headers.ts'
import { getParameter, type HeaderParameter, parseParameters } from '../headerParams.ts'
import { shownText, trimOws } from '../headerText.ts'
import type { JsonFields } from '../jsonFields.ts'
import { unescapeCString } from './cString.ts'
import { adviceFor, invalidInstruct, parseSeconds } from './invalidInstruct.ts'

/** What to write to a stream that has been silent, or in any case. GRIP: Grip-Keep-Alive. */
export interface KeepAlive {
  readonly data: Buffer
  readonly mode: 'idle' | 'interval'
  readonly timeoutSeconds: number
}

const RIGHT_FORM = 'write what is to be sent, such as :\\n\\n; format=cstring; timeout=20'
const DEFAULT_TIMEOUT_SECONDS = 55
const MIN_TIMEOUT_SECONDS = 1
const PARAMETER_NAMES: ReadonlySet<string> = new Set(['format', 'mode', 'timeout'])

/** Parses the first Grip-Keep-Alive header: `DATA; format=raw|cstring|base64; mode=idle|interval; timeout=SECONDS`. */
export function parseKeepAliveHeader(headers: RawHeaders): KeepAlive | undefined {
  const value = trimOws(getHeader(headers, 'grip-keep-alive') ?? '')
  if (value === '') return undefined
  const { data, rest } = splitData(value)
  const parameters = parseParameters(rest)
  // As Pushpin: a badly quoted parameter makes the header as good as absent.
  if (parameters === undefined) return undefined
  if (data === '') throw invalidInstruct('Grip-Keep-Alive cannot be empty', adviceFor(value, RIGHT_FORM))
  const mode = parseMode(getParameter(parameters, 'mode') ?? '')
  const timeoutSeconds = parseTimeout(parameters)
  return { data: decodeData(data, getParameter(parameters, 'format') ?? ''), mode, timeoutSeconds }
}

/**
 * Reads `hold.keep-alive`; without content the header's stays. GRIP: application/grip-instruct. A deviation: the mode is
 * `idle` as with the header unless `mode` says otherwise, where Pushpin has no `mode` and acts as with `interval`.
 */
export function readJsonKeepAlive(fields: JsonFields, header: KeepAlive | undefined): KeepAlive {
  const data = fields.bytes({ base64: 'content-bin', text: 'content' })
  const timeoutSeconds = fields.seconds('timeout') ?? DEFAULT_TIMEOUT_SECONDS
  const mode = fields.string('mode') ?? header?.mode ?? 'idle'
  if (mode !== 'idle' && mode !== 'interval') throw fields.unknownValue('mode')
  return {
    data: data ?? header?.data ?? Buffer.alloc(0),
    mode,
    timeoutSeconds: Math.max(timeoutSeconds, MIN_TIMEOUT_SECONDS),
  }
}

/**
 * DATA is literal and may hold semicolons: it ends where nothing but known parameters follows. A deviation: Pushpin cuts
 * it at the first semicolon, although libraries send `format=cstring` data with semicolons as they are.
 */
function splitData(value: string): { data: string; rest: string } {
  let end = value.endsWith(';') ? value.length - 1 : value.length
  while (end > 0) {
    const semicolon = value.lastIndexOf(';', end - 1)
    if (semicolon < 0 || !isParameter(value.slice(semicolon + 1, end))) break
    end = semicolon
  }
  return { data: trimOws(value.slice(0, end)), rest: value.slice(end + 1) }
}

function isParameter(segment: string): boolean {
  const equals = segment.indexOf('=')
  const name = equals < 0 ? segment : segment.slice(0, equals)
  return PARAMETER_NAMES.has(trimOws(name).toLowerCase())
}

function parseMode(mode: string): KeepAlive['mode'] {
  if (mode === '' || mode === 'idle') return 'idle'
  if (mode === 'interval') return 'interval'
  throw invalidInstruct(
    `no such Grip-Keep-Alive mode '${shownText(mode)}'`,
    "there are 'idle' and 'interval'",
  )
}

function parseTimeout(parameters: readonly HeaderParameter[]): number {
  const text = getParameter(parameters, 'timeout')
  if (text === undefined) return DEFAULT_TIMEOUT_SECONDS
  const names = { parse: 'Grip-Keep-Alive timeout value', range: 'Grip-Keep-Alive timeout' }
  return Math.max(parseSeconds(text, names), MIN_TIMEOUT_SECONDS)
}

function decodeData(data: string, format: string): Buffer {
  if (format === '' || format === 'raw') return Buffer.from(data, 'latin1')
  if (format === 'base64') return Buffer.from(data, 'base64')
  if (format !== 'cstring') {
    const text = `no such Grip-Keep-Alive format '${shownText(format)}'`
    throw invalidInstruct(text, "there are 'raw', 'cstring' and 'base64'")
  }
  const unescaped = unescapeCString(data)
  if (unescaped === undefined) {
    const advice = adviceFor(data, 'escapes are \\\\, \\r, \\n, \\t and \\xHH')
    throw invalidInstruct('failed to parse Grip-Keep-Alive cstring format', advice)
  }
  return Buffer.from(unescaped, 'latin1')
}
