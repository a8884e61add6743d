import { type ErrorCode, HoldfastError } from '../../errors.ts'
import { CANCELLED, type FilterCancelled, filterError } from './filter.ts'
import type { FilterNetwork, FilterRequest, FilterResponse } from './filterNetwork.ts'

type Failure = ReturnType<typeof filterError> | FilterCancelled

/** For a whole request, without the wait for its start: later items of the hold wait for it. Pushpin's. */
const TIMEOUT_MS = 10_000

/** Sends a request, and gives it up when it takes too long or the hold ends. */
export async function fetchInTime(
  network: FilterNetwork,
  request: Omit<FilterRequest, 'signal'>,
): Promise<FilterResponse | Failure> {
  if (network.signal.aborted) return CANCELLED
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = network.clock.after(TIMEOUT_MS, abort)
  network.signal.addEventListener('abort', abort, { once: true })
  try {
    return await network.fetch({ ...request, signal: controller.signal })
  } catch (error) {
    if (network.signal.aborted) return CANCELLED
    if (controller.signal.aborted) return filterError('network request failed: request timed out')
    if (error instanceof HoldfastError) return networkFailure(error)
    throw error
  } finally {
    timer.cancel()
    network.signal.removeEventListener('abort', abort)
  }
}

/** Pushpin's words, then ours, which say more. */
function networkFailure(error: HoldfastError): Failure {
  const words = FAILURES[error.code] ?? 'general error'
  return filterError(`network request failed: ${words} (${error.message})`)
}

const FAILURES: Partial<Record<ErrorCode, string>> = {
  ORIGIN_UNREACHABLE: 'connection refused',
  ORIGIN_TIMEOUT: 'request timed out',
  ORIGIN_BROKEN: 'disconnected',
}
