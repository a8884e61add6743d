import { isFieldText, isToken, shownText, wireFromText } from './headerText.ts'
import { type JsonFields, textOf } from './jsonFields.ts'

/**
 * Reads `headers`, an object of strings or a list of `[name, value]`, as wire text. Names that are no tokens and values
 * with control characters are faults; a deviation: Pushpin writes them to the client as they are.
 */
export function readHeaders(fields: JsonFields): string[] {
  const headers: string[] = []
  const pairs = Array.isArray(fields.get('headers'))
    ? readPairs(fields)
    : fields.strings('headers', 'headers')
  for (const [name, value] of pairs ?? []) headers.push(...checkHeader(fields, name, value))
  return headers
}

/** Reads `reason` as wire text; undefined when absent or empty. */
export function readReason(fields: JsonFields): string | undefined {
  const reason = wireFromText(fields.string('reason') ?? '')
  if (!isFieldText(reason)) throw fields.invalidValue('reason')
  return reason === '' ? undefined : reason
}

function* readPairs(fields: JsonFields): Generator<readonly [string, string]> {
  for (const pair of fields.list('headers') ?? []) {
    if (!Array.isArray(pair)) throw fields.error('headers contains element with wrong type')
    if (pair.length !== 2) throw fields.error('headers contains list with wrong number of elements')
    const [name, value] = pair.map(textOf)
    if (name === undefined) throw fields.error('header contains name element with wrong type')
    if (value === undefined) throw fields.error('header contains value element with wrong type')
    yield [name, value]
  }
}

function checkHeader(fields: JsonFields, name: string, value: string): [string, string] {
  const wire = wireFromText(value)
  if (!isToken(name)) throw fields.error(`headers contains '${shownText(name)}' which is not a header name`)
  if (!isFieldText(wire)) {
    throw fields.error(`headers contains '${shownText(name)}' with control characters in its value`)
  }
  return [name, wire]
}
