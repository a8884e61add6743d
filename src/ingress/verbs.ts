import type { PublishBus, PublishOutcome } from '../edges.ts'
import { type PublishItem, parsePublishJson } from '../grip/publishItem.ts'
import type { Scope } from './auth/scope.ts'
import { type ControlAnswer, jsonAnswer, textAnswer } from './controlAnswer.ts'
import type { AnswerForm } from './negotiate.ts'

/** Where a verb puts its answer; one of the two is called once, then or later. */
export interface ControlReply {
  /** The form that the body of a success is to have. */
  readonly form: AnswerForm
  /** Answers; `items` is how many were published, for the log. */
  answer(answer: ControlAnswer, items?: number): void
  /** Answers a failure. */
  fail(error: unknown): void
}

/** What a path of the control port does. */
export interface ControlVerb {
  /** The method that it takes; undefined for any, and then no body is read. */
  readonly method: 'POST' | undefined
  /** What its caller must be allowed to do; undefined for what everybody may see. */
  readonly scope: Scope | undefined
  /** Does it. What it throws is answered as by `reply.fail`. */
  run(body: Buffer, reply: ControlReply): void
}

/**
 * Builds the table of all request targets that the control port knows. Pushpin: operations.md §3.1. `recover` makes all
 * holds ask their origins again; without it there is no such path.
 */
export function createVerbs(
  bus: PublishBus,
  recover: (() => void) | undefined,
): ReadonlyMap<string, ControlVerb> {
  const verbs = new Map<string, ControlVerb>([['/', GREET]])
  addVerb(verbs, PUBLISH_PATH, publishVerb(bus))
  if (recover !== undefined) addVerb(verbs, '/recover', recoverVerb(recover))
  return verbs
}

const PUBLISH_PATH = '/publish'

/** Programs that publish to a hosted service put its id before the path; all services are one here. */
const SERVICE_PUBLISH = /^\/service\/[\w-]+\/publish\/?$/

/** Finds what a request target does. */
export function findVerb(verbs: ReadonlyMap<string, ControlVerb>, target: string): ControlVerb | undefined {
  return verbs.get(target) ?? (SERVICE_PUBLISH.test(target) ? verbs.get(PUBLISH_PATH) : undefined)
}

/** One slash at the end is ignored; a query string, or a second slash, makes another target. */
function addVerb(verbs: Map<string, ControlVerb>, path: string, verb: ControlVerb): void {
  verbs.set(path, verb)
  verbs.set(`${path}/`, verb)
}

/** Publishers' health checks look for this text. */
const GREETING = textAnswer(200, 'Pushpin API')
const GREET: ControlVerb = {
  method: undefined,
  scope: undefined,
  run: (_body, reply) => reply.answer(GREETING),
}

const UPDATED = { text: textAnswer(200, 'Updated'), json: jsonAnswer(200, '{"message":"Updated"}') }

function recoverVerb(recover: () => void): ControlVerb {
  const run = (_body: Buffer, reply: ControlReply): void => {
    recover()
    reply.answer(UPDATED[reply.form])
  }
  return { method: 'POST', scope: 'admin', run }
}

const PUBLISHED = textAnswer(200, 'Published')

/** Answers when the bus has taken all items, so that what was answered is what happened. */
function publishVerb(bus: PublishBus): ControlVerb {
  const run = (body: Buffer, reply: ControlReply): void => {
    const items = parsePublishJson(body)
    bus.publish(items).then(
      (outcomes) => {
        const answer = reply.form === 'text' ? PUBLISHED : countedAnswer(items, outcomes)
        reply.answer(answer, items.length)
      },
      (error: unknown) => reply.fail(error),
    )
  }
  return { method: 'POST', scope: 'publish', run }
}

/** Pushpin's `message`, and beside it how many holds each item reached. */
function countedAnswer(items: readonly PublishItem[], outcomes: readonly PublishOutcome[]): ControlAnswer {
  const counted = items.map(({ channel, id }, index) => ({ channel, id, holds: outcomes[index]?.holds ?? 0 }))
  return jsonAnswer(200, JSON.stringify({ message: 'Published', items: counted }))
}
