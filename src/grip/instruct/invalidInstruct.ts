import { HoldfastError } from '../../errors.ts'
import { shownText, trimOws } from '../headerText.ts'
import { parseInteger } from '../jsonFields.ts'

/** Says what is wrong with an origin's instructions, in Pushpin's words, and gives advice where these are short. */
export function invalidInstruct(text: string, advice?: string): HoldfastError {
  return new HoldfastError('INSTRUCT_INVALID', text, advice === undefined ? undefined : { advice })
}

/** Writes advice: the value that was found, and what would be right. */
export function adviceFor(found: string, right: string): string {
  return `it is '${shownText(found)}'; ${right}`
}

/** Parses a number of seconds; the two error texts begin and end as Pushpin's do. */
export function parseSeconds(text: string, names: { parse: string; range: string }): number {
  const seconds = parseInteger(trimOws(text))
  const advice = adviceFor(text, 'write whole seconds, such as 55')
  if (seconds === undefined) throw invalidInstruct(`failed to parse ${names.parse}`, advice)
  if (seconds < 0) throw invalidInstruct(`${names.range} has invalid value`, advice)
  return seconds
}
