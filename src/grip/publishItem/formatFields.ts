import type { HoldfastError } from '../../errors.ts'
import type { JsonFields } from '../jsonFields.ts'

/** What an item asks of a hold. GRIP: `action`. */
export type FormatAction = 'send' | 'hint' | 'close' | 'refresh'

/** Reads `action`; `send` when there is none. */
export function readAction(fields: JsonFields): FormatAction {
  const action = fields.string('action') ?? 'send'
  if (!isAction(action)) throw fields.unknownValue('action')
  return action
}

/** Reads `content-filters`: the filters that the publisher wants the content to go through. */
export function readContentFilters(fields: JsonFields): readonly string[] | undefined {
  const filters = fields.list('content-filters')
  return filters?.map((filter) => {
    if (typeof filter !== 'string') throw fields.error('content-filters contains element with wrong type')
    return filter
  })
}

/** Reads `content-bin`, or else `content`; undefined when there is neither. */
export function readContent(fields: JsonFields): Buffer | undefined {
  return fields.bytes({ base64: 'content-bin', text: 'content' })
}

/** The fault that neither of the two content fields is there. */
export function missingContent(fields: JsonFields): HoldfastError {
  return fields.missing("'content' or 'content-bin'")
}

function isAction(action: string): action is FormatAction {
  return action === 'send' || action === 'hint' || action === 'close' || action === 'refresh'
}
