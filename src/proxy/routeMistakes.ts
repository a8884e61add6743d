import type { Log } from '../edges/log.ts'
import { isInstruct } from '../grip/instruct.ts'
import type { Route } from '../route/route.ts'
import type { Target } from '../route/target.ts'
import type { RawHeaders, ResponseHead } from '../util/headers.ts'
import { MISTAKES, type Mistake } from '../util/mistakes.ts'
import type { ErrorAnswer } from './errorAnswer.ts'

interface ClientHead {
  readonly method: string
  readonly target: string
}

interface MistakenRequest {
  readonly request: ClientHead
  readonly route: Route | undefined
  /** What was wrong, where the mistake has many forms. */
  readonly found?: string
}

/**
 * By route, or by log where there is none: what was explained. A reload may change the route, and what is still wrong is then told
 * once more.
 */
const explained = new WeakMap<Route | Log, Set<Mistake>>()

/** Explains a common mistake, once for each route. */
export function explainMistake(
  { log }: { readonly log: Log },
  { request, route, found }: MistakenRequest,
  mistake: Mistake,
): void {
  const known = explained.get(route ?? log) ?? new Set<Mistake>()
  explained.set(route ?? log, known)
  if (known.has(mistake)) return
  known.add(mistake)
  const name = found === undefined ? '' : `${found}: `
  const text = `${request.method} ${request.target}: ${name}${MISTAKES[mistake]}`
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

/** What was probably wrong where an origin did not accept a WebSocket: refusals for other reasons have other statuses. */
export function refusalMistake({ overHttp }: Target, { status }: ResponseHead): Mistake | undefined {
  const isOk = status >= 200 && status < 300
  if (overHttp) return isOk ? 'notSocketEvents' : undefined
  return isOk || NOT_A_SOCKET.has(status) ? 'overHttpMissing' : undefined
}

/** Not found, method not allowed, upgrade required, not implemented. */
const NOT_A_SOCKET: ReadonlySet<number> = new Set([404, 405, 426, 501])

/** The fields of answers that have a meaning, and Grip-Sig, which origins that look at their own requests may send back. */
const GRIP_FIELDS: ReadonlySet<string> = new Set(
  ['Hold', 'Channel', 'Timeout', 'Keep-Alive', 'Set-Meta', 'Status', 'Link', 'Expose-Headers', 'Sig'].map(
    (name) => `grip-${name.toLowerCase()}`,
  ),
)

/** Finds a field of an answer that was probably meant to instruct us. */
export function unknownGripField(headers: RawHeaders): string | undefined {
  const isUnknown = (name: string, i: number): boolean =>
    i % 2 === 0 && /^grip-/i.test(name) && !GRIP_FIELDS.has(name.toLowerCase())
  return headers.find(isUnknown)
}

/** Tells whether the fields of an answer have instructions for us. */
export function hasInstructions(headers: readonly string[]): boolean {
  return isInstruct({ status: 200, reason: '', headers: [...headers] })
}
