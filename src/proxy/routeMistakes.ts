import type { Log } from '../edges/log.ts'
import { isInstruct } from '../grip/instruct.ts'
import type { Route } from '../route/route.ts'
import type { ResponseHead } from '../util/headers.ts'
import { MISTAKES, type Mistake } from '../util/mistakes.ts'
import type { ErrorAnswer } from './errorAnswer.ts'

interface ClientHead {
  readonly method: string
  readonly target: string
}

/**
 * By route, or by log where there is none: what was explained. A reload may change the route, and what is still wrong is then told
 * once more.
 */
const explained = new WeakMap<Route | Log, Set<Mistake>>()

/** Explains a common mistake, once for each route. */
export function explainMistake(
  { log }: { readonly log: Log },
  { request, route }: { readonly request: ClientHead; readonly route: Route | undefined },
  mistake: Mistake,
): void {
  const known = explained.get(route ?? log) ?? new Set<Mistake>()
  explained.set(route ?? log, known)
  if (known.has(mistake)) return
  known.add(mistake)
  const text = `${request.method} ${request.target}: ${MISTAKES[mistake]}`
  // It works, and may be as it should where the origin cannot be reached by others.
  if (mistake === 'gripUnsigned') log.info(text)
  else log.warn(text)
}

/** Tells whether a request that got no good answer was meant for the control port. Pushpin: operations.md §3. */
export function isLostPublish({ method, target }: ClientHead): boolean {
  return method === 'POST' && /^\/publish\/?$/.test(target)
}

/** Adds to an error's answer, for where `debug` is on, what was probably meant. */
export function withMistake(answer: ErrorAnswer, mistake: Mistake): ErrorAnswer {
  return { ...answer, debugText: `${answer.debugText ?? answer.text}\n${MISTAKES[mistake]}` }
}

/** Tells whether an origin may be one that speaks HTTP only: refusals for other reasons have other statuses. */
export function isHttpOnly({ status }: ResponseHead): boolean {
  return (status >= 200 && status < 300) || NOT_A_SOCKET.has(status)
}

/** Not found, method not allowed, upgrade required, not implemented. */
const NOT_A_SOCKET: ReadonlySet<number> = new Set([404, 405, 426, 501])

/** Tells whether the fields of an answer have instructions for us. */
export function hasInstructions(headers: readonly string[]): boolean {
  return isInstruct({ status: 200, reason: '', headers: [...headers] })
}
