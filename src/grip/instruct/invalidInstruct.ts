import { HoldfastError } from '../../errors.ts'
import { trimOws } from '../headerText.ts'
import { parseInteger } from '../jsonFields.ts'

/** Says what is wrong with an origin's instructions. */
export function invalidInstruct(text: string, cause?: unknown): HoldfastError {
  return new HoldfastError('INSTRUCT_INVALID', text, cause === undefined ? undefined : { cause })
}

/** Parses a number of seconds; the two error texts begin and end as Pushpin's do. */
export function parseSeconds(text: string, names: { parse: string; range: string }): number {
  const seconds = parseInteger(trimOws(text))
  if (seconds === undefined) throw invalidInstruct(`failed to parse ${names.parse}`)
  if (seconds < 0) throw invalidInstruct(`${names.range} has invalid value`)
  return seconds
}
