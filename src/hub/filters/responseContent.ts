import type { Instruct } from '../../grip/instruct.ts'
import { type IdSettings, idError, readIdSettings, substituteId } from './buildId.ts'
import type { FilterResult } from './filter.ts'
import { type Fault, parseTemplateStart, renderTemplate } from './template.ts'

/** Content to go on with, or why there is none. */
export type ResponseContent = Exclude<FilterResult, { kind: 'drop' }>

/** The one filter that Pushpin applies to what origins themselves send. */
const RESPONSE_FILTER = 'build-id'

/** A directive is held back until it is complete; a longer one never is, so that an origin cannot make us keep its whole body. */
const MAX_INCOMPLETE = 4096

/**
 * Applies the filters for response content of all channels to a whole body: that of an answer without a hold, or the initial
 * one of a stream hold. Not for what a response hold gives when its time is up. GRIP: build-id.
 */
export function filterResponseContent(
  instruct: Pick<Instruct, 'channels' | 'meta'>,
  body: Buffer,
): ResponseContent {
  const filter = body.length === 0 ? undefined : createResponseContentFilter(instruct)
  if (filter === undefined) return { kind: 'send', content: body }
  const start = filter.update(body)
  if (start.kind === 'error') return start
  const end = filter.end()
  return end.kind === 'error' ? end : start
}

/** Makes the filter for a body that comes in parts (next links); undefined when it is to be passed on as it is. */
export function createResponseContentFilter(
  instruct: Pick<Instruct, 'channels' | 'meta'>,
): ResponseContentFilter | undefined {
  const isFiltered = instruct.channels.some(({ filters }) => filters.includes(RESPONSE_FILTER))
  return isFiltered ? new ResponseContentFilter(readIdSettings(instruct.meta, undefined)) : undefined
}

/** Replaces ids in a body that comes in parts. After an error nothing more may be asked of it. */
export class ResponseContentFilter {
  readonly #ids: IdSettings | Fault
  /** The start of a directive, one character per byte, and where in the body it stands. */
  #pending = ''
  #position = 0
  #incomplete: string | undefined

  constructor(ids: IdSettings | Fault) {
    this.#ids = ids
  }

  /** Returns as much as can be sent. */
  update(chunk: Buffer): ResponseContent {
    const ids = this.#ids
    if ('fault' in ids) return idError(ids)
    const text = this.#pending + chunk.toString('latin1')
    const start = parseTemplateStart(text, this.#position)
    if ('fault' in start) return idError(start)
    const rendered = renderTemplate(start.template, (directive) => substituteId(directive, ids))
    if ('fault' in rendered) return idError(rendered)
    this.#pending = text.slice(start.end)
    this.#position += start.end
    this.#incomplete = start.incomplete
    return this.#pending.length > MAX_INCOMPLETE ? this.end() : sent(rendered.text)
  }

  /** Nothing more comes. */
  end(): ResponseContent {
    return this.#incomplete === undefined ? sent('') : idError({ fault: this.#incomplete })
  }
}

function sent(text: string): ResponseContent {
  return { kind: 'send', content: Buffer.from(text, 'latin1') }
}
