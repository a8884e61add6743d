import type { JsonFields } from '../jsonFields.ts'
import { binaryKey, readAction, readContentFilters } from './formatFields.ts'

/** What a held stream gets. GRIP: `http-stream`. */
export type HttpStreamFormat =
  | {
      readonly action: 'send'
      readonly content: Buffer
      readonly contentFilters: readonly string[] | undefined
    }
  | { readonly action: 'hint' | 'close' | 'refresh' }

/** Reads `http-stream`. Fields other than `action` count only with `send`. */
export function readHttpStream(fields: JsonFields): HttpStreamFormat {
  const action = readAction(fields)
  if (action !== 'send') return { action }
  const contentFilters = readContentFilters(fields)
  const content = fields.bytes({ base64: binaryKey(fields, 'content-bin'), text: 'content' })
  if (content === undefined) {
    throw fields.missing(fields.encoding === 'json' ? "'content' or 'content-bin'" : "'content'")
  }
  return { action, content, contentFilters }
}
