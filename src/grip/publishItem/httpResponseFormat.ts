import type { RawHeaders } from '../../util/headers.ts'
import { type JsonFields, jsonValueOf } from '../jsonFields.ts'
import { readHeaders, readReason } from '../jsonHeaders.ts'
import { withoutConnectionFields } from '../responseHeaders.ts'
import { reasonFor } from '../statusReasons.ts'
import { binaryKey, readAction, readContentFilters } from './formatFields.ts'

/** Bytes, or a JSON Patch (RFC 6902) on the body of the hold's own response. */
export type HttpResponseBody = { readonly bytes: Buffer } | { readonly patch: readonly unknown[] }

/** What a held response is answered with. GRIP: `http-response`. */
export type HttpResponseFormat =
  | {
      readonly action: 'send'
      readonly code: number
      readonly reason: string
      /** Wire text, without the fields of a connection and without Content-Length; `Grip-` fields are kept. */
      readonly headers: RawHeaders
      readonly body: HttpResponseBody
      readonly contentFilters: readonly string[] | undefined
    }
  | { readonly action: 'hint' | 'close' | 'refresh' }

/** Status codes that end a request and that every client takes for an answer. RFC 9110 §15. */
const PUBLISHED_STATUS_RANGE = { min: 200, max: 599 } as const

/** Reads `http-response`. Fields other than `action` count only with `send`. */
export function readHttpResponse(fields: JsonFields): HttpResponseFormat {
  const action = readAction(fields)
  if (action !== 'send') return { action }
  const code = fields.integer('code', PUBLISHED_STATUS_RANGE) ?? 200
  const reason = readReason(fields) ?? reasonFor(code)
  const headers = withoutConnectionFields(readHeaders(fields))
  const contentFilters = readContentFilters(fields)
  return { action, code, reason, headers, body: readBody(fields), contentFilters }
}

function readBody(fields: JsonFields): HttpResponseBody {
  const bytes = fields.bytes({ base64: binaryKey(fields, 'body-bin'), text: 'body' })
  if (bytes !== undefined) return { bytes }
  const isJson = fields.encoding === 'json'
  const patch = fields.list('body-patch')
  if (patch === undefined) {
    throw fields.missing(isJson ? "'body', 'body-bin', or 'body-patch'" : "'body' or 'body-patch'")
  }
  return { patch: isJson ? patch : patch.map(jsonValueOf) }
}
