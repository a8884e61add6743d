import type { ErrorCode, HoldfastError } from '../errors.ts'
import type { Counters, OriginOutcome } from '../stats/counters.ts'

/** What failed attempts count as. */
const FAILURES: Partial<Record<ErrorCode, OriginOutcome>> = {
  ORIGIN_UNREACHABLE: 'unreachable',
  ORIGIN_TIMEOUT: 'timeout',
  ORIGIN_BROKEN: 'broken',
  ORIGIN_DENIED: 'denied',
}

/** Counts an attempt to ask an origin that got no answer. */
export function countFailure(counters: Counters, { code }: HoldfastError): void {
  const outcome = FAILURES[code]
  if (outcome !== undefined) counters.origin[outcome]++
}
