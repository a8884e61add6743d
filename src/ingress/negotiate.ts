/** The two forms that the body of a successful control answer can have. */
export type AnswerForm = 'text' | 'json'

const FORMS: ReadonlyMap<string, AnswerForm> = new Map([
  ['text/plain', 'text'],
  ['text/*', 'text'],
  ['*/*', 'text'],
  ['*', 'text'],
  ['application/json', 'json'],
  ['application/*', 'json'],
])

/**
 * Picks the form that an `Accept` value asks for; undefined when it allows neither. As in Pushpin the last range that
 * we know wins, whatever its weight; only a weight of 0, which means "not this one", counts. Pushpin: operations.md §3.1.
 */
export function negotiate(accept: string | undefined): AnswerForm | undefined {
  if (accept === undefined || accept === '') return 'text'
  const whole = FORMS.get(accept)
  if (whole !== undefined) return whole
  let chosen: AnswerForm | undefined
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';')
    const form = FORMS.get(type.trim().toLowerCase())
    if (form !== undefined && !parameters.some(isWeightOfZero)) chosen = form
  }
  return chosen
}

/** RFC 9110 §12.4.2. */
function isWeightOfZero(parameter: string): boolean {
  return /^\s*q\s*=\s*0(\.0{0,3})?\s*$/i.test(parameter)
}
