/** A request as a parser reads it that takes nothing but what RFC 9112 lets a sender write. */
export interface StrictRequest {
  readonly method: string
  readonly target: string
  readonly host: string
  /** Name in lower case and value, in wire order. */
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
}

/** What the bytes of a connection are so far. */
export type Parsed =
  | { readonly kind: 'request'; readonly request: StrictRequest; readonly rest: Buffer }
  | { readonly kind: 'partial' }
  | { readonly kind: 'fault'; readonly reason: string }

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\/[!-"$-~]*|\*) HTTP\/1\.1$/
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t !-~\x80-\xff]*)$/
const HOST = /^(?:[A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$/
const CHUNK_SIZE = /^[0-9A-Fa-f]{1,8}$/

/** Reads the first request. Whatever a proxy need not have written is a fault. */
export function parseStrictly(bytes: Buffer): Parsed {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return text.length > 65_536 ? fault('a head without end') : { kind: 'partial' }
  const [line = '', ...rest] = text.slice(0, end).split('\r\n')
  const request = REQUEST_LINE.exec(line)
  if (request === null) return fault(`request line ${JSON.stringify(line)}`)
  const fields: [string, string][] = []
  for (const fieldLine of rest) {
    const field = FIELD.exec(fieldLine)
    if (field === null) return fault(`field ${JSON.stringify(fieldLine)}`)
    fields.push([field[1]!.toLowerCase(), field[2]!])
  }
  const hosts = valuesOf(fields, 'host')
  if (hosts.length !== 1 || !HOST.test(hosts[0]!)) return fault(`hosts ${JSON.stringify(hosts)}`)
  const body = parseBody(fields, bytes.subarray(end + 4))
  if (body.kind !== 'body') return body
  const [, method = '', target = ''] = request
  return {
    kind: 'request',
    request: { method, target, host: hosts[0]!, fields, body: body.text },
    rest: body.rest,
  }
}

type ParsedBody = { kind: 'body'; text: string; rest: Buffer } | Exclude<Parsed, { kind: 'request' }>

function parseBody(fields: readonly (readonly [string, string])[], bytes: Buffer): ParsedBody {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length + codings.length > 1) return fault(`lengths ${lengths} and codings ${codings}`)
  if (codings.length === 1)
    return codings[0] === 'chunked' ? parseChunks(bytes) : fault(`coding ${codings[0]}`)
  if (lengths.length === 0) return { kind: 'body', text: '', rest: bytes }
  if (!/^[0-9]{1,15}$/.test(lengths[0]!)) return fault(`length ${lengths[0]}`)
  const length = Number(lengths[0])
  if (bytes.length < length) return { kind: 'partial' }
  return { kind: 'body', text: bytes.toString('latin1', 0, length), rest: bytes.subarray(length) }
}

function parseChunks(bytes: Buffer): ParsedBody {
  let text = ''
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return bytes.length - at > 8 ? fault('chunk size without end') : { kind: 'partial' }
    const line = bytes.toString('latin1', at, lineEnd)
    if (!CHUNK_SIZE.test(line)) return fault(`chunk size ${JSON.stringify(line)}`)
    const size = Number.parseInt(line, 16)
    const end = lineEnd + 2 + size
    if (bytes.length < end + 2) return { kind: 'partial' }
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') return fault('no line end behind a chunk')
    text += bytes.toString('latin1', lineEnd + 2, end)
    at = end + 2
    if (size === 0) return { kind: 'body', text, rest: bytes.subarray(at) }
  }
}

function valuesOf(fields: readonly (readonly [string, string])[], name: string): string[] {
  return fields.filter(([other]) => other === name).map(([, value]) => value)
}

function fault(reason: string): Parsed & { kind: 'fault' } {
  return { kind: 'fault', reason }
}
