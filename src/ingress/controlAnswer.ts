import { STATUS_CODES } from 'node:http'
import { HoldfastError } from '../errors.ts'

/** A whole answer of the control port. `headers` has Content-Type and Content-Length; connection fields are added. */
export interface ControlAnswer {
  readonly status: number
  /** Name, value, name, value. */
  readonly headers: readonly string[]
  readonly body: string
}

/** Answers with one line of plain text. */
export function textAnswer(status: number, line: string, moreHeaders: readonly string[] = []): ControlAnswer {
  return typedAnswer(status, { type: 'text/plain', body: `${line}\n`, moreHeaders })
}

/** Answers with JSON text; it gets a line feed, as Pushpin's has. */
export function jsonAnswer(status: number, json: string, moreHeaders: readonly string[] = []): ControlAnswer {
  return typedAnswer(status, { type: 'application/json', body: `${json}\n`, moreHeaders })
}

/** Answers with text of another type, as it is. */
export function bodyAnswer(status: number, type: string, body: string): ControlAnswer {
  return typedAnswer(status, { type, body, moreHeaders: [] })
}

/** Answers with text of a type, as it is, and with header fields beside those of its form. */
export function typedAnswer(
  status: number,
  content: { readonly type: string; readonly body: string; readonly moreHeaders: readonly string[] },
): ControlAnswer {
  const length = String(Buffer.byteLength(content.body))
  const headers = [...content.moreHeaders, 'Content-Type', content.type, 'Content-Length', length]
  return { status, headers, body: content.body }
}

/** Texts as Pushpin's, operations.md §3.1 and §3.2. */
export const NOT_FOUND = textAnswer(404, 'Not Found')
/** For an Accept that names neither form of answers. */
export const NOT_ACCEPTABLE = textAnswer(
  406,
  'Not Acceptable. Supported formats are text/plain and application/json.',
)
/** For a body whose length nobody knows. */
export const LENGTH_REQUIRED = textAnswer(411, 'Request requires Content-Length.')
/** Pushpin says 400; 413 is what the status registry has for it, and what clients know not to repeat. */
export const BODY_TOO_LARGE = textAnswer(413, 'Request body too large.')

/** Answers a request whose method the path does not take. */
export function methodNotAllowed(
  method: string,
  allowed: string,
  form: 'text' | 'json' = 'text',
): ControlAnswer {
  const text = `Method not allowed: ${method}.`
  const allow = ['Allow', allowed]
  return form === 'text'
    ? textAnswer(405, text, allow)
    : jsonAnswer(405, JSON.stringify({ error: text }), allow)
}

/** Seconds after which a publisher may try again when the bus is down: it reconnects within two. */
const BUS_RETRY_SECONDS = '2'

/** Maps a failed verb to its answer. */
export function failureAnswer(error: unknown): ControlAnswer {
  const code = error instanceof HoldfastError ? error.code : undefined
  const message = error instanceof Error ? error.message : String(error)
  switch (code) {
    case 'CONTROL_BODY_INVALID':
      return textAnswer(400, message)
    case 'ITEM_INVALID':
      return textAnswer(400, `Invalid format: ${message}`)
    case 'ITEM_TOO_LARGE':
      return textAnswer(413, `Not published: ${message}`)
    case 'BUS_UNAVAILABLE':
      return textAnswer(503, `Not published: ${message}`, ['Retry-After', BUS_RETRY_SECONDS])
    default:
      return textAnswer(500, 'Internal error.')
  }
}

/** Encodes an answer for a connection that ends with it. */
export function encodeLastAnswer(answer: ControlAnswer): string {
  let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n`
  for (let i = 0; i < answer.headers.length; i += 2)
    head += `${answer.headers[i]}: ${answer.headers[i + 1]}\r\n`
  return `${head}Connection: close\r\n\r\n${answer.body}`
}
