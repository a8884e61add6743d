import { HoldfastError } from '../../errors.ts'
import { isFieldText } from '../../grip/headerText.ts'
import { isJsonObject } from '../../grip/jsonFields.ts'
import { parseJsonBytes } from '../../grip/jsonText.ts'

const TRANSPORTS = ['stream', 'poll', 'websocket'] as const

/** A client of the proxy, as somebody wants to see what it gets. */
export interface Trial {
  /** One request whatever its answer, a request again and again, or a WebSocket. */
  readonly transport: (typeof TRANSPORTS)[number]
  /** Path and query. */
  readonly path: string
  readonly host: string
  /** Name, value, name, value. */
  readonly headers: readonly string[]
  /** Texts to send when a WebSocket is open. */
  readonly messages: readonly string[]
}

/** Hears of a trial; nothing after `onEnd`. */
export interface TrialSink {
  onSent(text: string): void
  onReceived(text: string): void
  /** Something that is said about the exchange and is not of it. */
  onNote(text: string): void
  onEnd(): void
}

/** Begins a trial; returns how to stop it. */
export type OpenTrial = (trial: Trial, sink: TrialSink) => () => void

/** Texts of a list at most: they are typed by a person. */
const MAX_LINES = 100

/** Reads the body of a request for a trial. Throws ADMIN_REQUEST_INVALID that names the field. */
export function parseTrial(body: Buffer): Trial {
  const json = parseJsonBytes(body)
  if (!isJsonObject(json)) throw invalid('body: expected a JSON object')
  const transport = TRANSPORTS.find((name) => name === json['transport'])
  if (transport === undefined) throw invalid(`transport: expected one of ${TRANSPORTS.join(', ')}`)
  const path = json['path']
  if (typeof path !== 'string' || !/^\/[\x21-\x7e]*$/.test(path)) {
    throw invalid('path: expected a path that begins with / and is percent-encoded')
  }
  const host = json['host'] ?? 'localhost'
  if (typeof host !== 'string' || !/^[\w.:[\]-]+$/.test(host)) throw invalid('host: expected a host')
  return {
    transport,
    path,
    host,
    headers: linesOf(json['headers'], 'headers').flatMap(parseHeader),
    messages: linesOf(json['messages'], 'messages'),
  }
}

function linesOf(value: unknown, field: string): readonly string[] {
  if (value === undefined) return []
  const isList = Array.isArray(value) && value.length <= MAX_LINES
  if (!isList || !value.every((line) => typeof line === 'string')) {
    throw invalid(`${field}: expected a list of at most ${MAX_LINES} texts`)
  }
  return value
}

/** What the request itself has, and what would make another request of it. */
const OWN_FIELDS = /^(host|content-length|transfer-encoding|connection|upgrade|sec-websocket-(key|version))$/i

function parseHeader(line: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([\w!#$%&'*+.^`|~-]+):\s*(.*?)\s*$/.exec(line) ?? []
  if (name === '' || !isFieldText(value)) throw invalid(`headers: "${line}" is not NAME: VALUE`)
  if (OWN_FIELDS.test(name)) throw invalid(`headers: ${name} is set by the request itself`)
  return [name, value]
}

function invalid(text: string): HoldfastError {
  return new HoldfastError('ADMIN_REQUEST_INVALID', text)
}
