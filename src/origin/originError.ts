import type { OriginTarget } from '../edges/origin.ts'
import { type ErrorCode, HoldfastError } from '../errors.ts'
import { originPlaceName } from '../util/originPlace.ts'

/** Makes the error of a target; one that has a code of ours already is kept. */
export function originError(code: ErrorCode, target: OriginTarget, cause: Error): HoldfastError {
  if (cause instanceof HoldfastError) return cause
  // Several addresses of one name fail as an AggregateError without a message of its own.
  const detail = cause.message === '' && 'code' in cause ? String(cause.code) : cause.message
  return new HoldfastError(code, `origin ${originPlaceName(target)}: ${detail}`, { cause })
}
