import { textFromWire } from '../../grip/headerText.ts'
import { filterHeaders, getHeader, type RawHeaders, type ResponseHead } from '../../util/headers.ts'
import type { ErrorAnswer } from '../errorAnswer.ts'
import type { JsonpRequest } from './jsonpRequest.ts'
import { BasicBody, ExtendedBody, scriptString } from './scriptBody.ts'

/** For a response with a Content-Encoding: a script of encoded bytes would be none. */
export const JSONP_NOT_ENCODABLE: ErrorAnswer = {
  status: 500,
  text: 'Upstream response could not be JSON-P encoded.',
}

/** How a response came about: what an origin's answer says of itself is passed on less than what a hold is answered with. */
export type JsonpSource = 'relayed' | 'held'

type Wrapping = Pick<JsonpRequest, 'callback' | 'mode'>

/** Fields that speak of the bytes within, or that the script's own take the place of. */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'x-content-type-options',
])

/** Tells whether a response's body can stand in a script. */
export function isJsonpEncodable(headers: RawHeaders): boolean {
  const encoding = getHeader(headers, 'content-encoding')
  return encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity'
}

/**
 * Makes the head of the script, without framing. `nosniff` is a deviation: whatever is in the body, no browser is to take it for
 * anything but a script.
 */
export function jsonpHead(headers: RawHeaders, source: JsonpSource): ResponseHead {
  const mirrored = filterHeaders(headers, (name) =>
    source === 'relayed' ? name === 'cache-control' : !OF_THE_BODY.has(name),
  )
  const own = ['Content-Type', 'application/javascript', 'X-Content-Type-Options', 'nosniff']
  return { status: 200, reason: 'OK', headers: [...mirrored, ...own] }
}

/** Wraps a response in a call of the callback, part by part. The parts, in order, are the script. Pushpin: JSON-P. */
export class JsonpEncoder {
  readonly #wrapping: Wrapping
  readonly #body: BasicBody | ExtendedBody

  constructor(wrapping: Wrapping) {
    this.#wrapping = wrapping
    this.#body = wrapping.mode === 'basic' ? new BasicBody() : new ExtendedBody()
  }

  /** The comment keeps the name from being the first bytes, which could be a file of another kind. */
  start(head: ResponseHead): Buffer {
    const { callback, mode } = this.#wrapping
    return Buffer.from(`/**/${callback}(${mode === 'basic' ? '' : extendedStart(head)}`)
  }

  update(chunk: Buffer): Buffer {
    return this.#body.update(chunk)
  }

  end(): Buffer {
    const close = this.#wrapping.mode === 'basic' ? ');\n' : '"});\n'
    return Buffer.concat([this.#body.end(), Buffer.from(close)])
  }
}

function extendedStart({ status, reason, headers }: ResponseHead): string {
  const reasonText = scriptString(textFromWire(reason))
  return `{"code": ${status}, "reason": ${reasonText}, "headers": ${headersObject(headers)}, "body": "`
}

/**
 * Fields by name, in the order of their names; values of one name are joined (Pushpin takes the first, or joins, depending on
 * where the response comes from). Without Set-Cookie: no script may read it, and here any site's could. Fetch §2.2.2.
 */
function headersObject(headers: RawHeaders): string {
  const fields = new Map<string, { name: string; values: string[] }>()
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const field = fields.get(name.toLowerCase()) ?? { name, values: [] }
    field.values.push(textFromWire(headers[i + 1] as string))
    fields.set(name.toLowerCase(), field)
  }
  fields.delete('set-cookie')
  const sorted = [...fields.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  const members = sorted.map(({ name, values }) => `${scriptString(name)}:${scriptString(values.join(', '))}`)
  return `{${members.join(',')}}`
}
