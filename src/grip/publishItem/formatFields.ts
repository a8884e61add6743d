import { type JsonFields, textOf } from '../jsonFields.ts'

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
    const name = textOf(filter)
    if (name === undefined) throw fields.error('content-filters contains element with wrong type')
    return name
  })
}

/**
 * Answers the key of bytes that JSON has as base64. A tnetstring has bytes under the plain key, and none under this one:
 * undefined. Pushpin: operations.md §1.4.
 */
export function binaryKey(fields: JsonFields, key: string): string | undefined {
  return fields.encoding === 'json' ? key : undefined
}

function isAction(action: string): action is FormatAction {
  return action === 'send' || action === 'hint' || action === 'close' || action === 'refresh'
}
