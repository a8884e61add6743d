import { HoldfastError } from '../errors.ts'

/** Says why an argument of a command is of no use. */
export function unusable(text: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', text, cause === undefined ? undefined : { cause })
}
