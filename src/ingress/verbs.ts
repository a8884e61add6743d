import type { PublishBus, PublishOutcome } from '../edges/bus.ts'
import { type PublishItem, parsePublishJson } from '../grip/publishItem.ts'
import type { IngressCounts } from '../stats/counters.ts'
import type { AdminTargets } from './admin/adminTargets.ts'
import { createAdminLookup } from './admin/adminVerbs.ts'
import { type Command, type Commands, countFailure } from './commands.ts'
import { type ControlAnswer, jsonAnswer, textAnswer } from './controlAnswer.ts'
import type { ControlReply, ControlVerb } from './controlVerb.ts'
import { createDashboardLookup, type DashboardTargets } from './dashboard/dashboardVerbs.ts'

/** What the control port's verbs act on. */
export interface VerbTargets {
  readonly bus: PublishBus
  /** Counts what is published. */
  readonly counts: IngressCounts
  readonly commands: Commands
  /** Without it there is no admin API. */
  readonly admin?: AdminTargets
  /** Without it there is no dashboard. */
  readonly dashboard?: DashboardTargets | undefined
}

/** Finds the verbs of a request target, one for each method that it takes; none when there is no such target. */
export type VerbLookup = (target: string) => readonly ControlVerb[]

/** Builds all that the control port does. Pushpin: operations.md §3.1. */
export function createVerbs({ bus, counts, commands, admin, dashboard }: VerbTargets): VerbLookup {
  const verbs = new Map<string, ControlVerb>([['/', GREET]])
  addVerb(verbs, PUBLISH_PATH, publishVerb(bus, counts))
  addVerb(verbs, '/recover', recoverVerb(commands.recover))
  const findAdmin = admin === undefined ? undefined : createAdminLookup(admin, commands)
  const findPage = dashboard === undefined ? undefined : createDashboardLookup(dashboard)
  return (target) => {
    const verb = verbs.get(target) ?? (SERVICE_PUBLISH.test(target) ? verbs.get(PUBLISH_PATH) : undefined)
    return verb === undefined ? (findPage?.(target) ?? findAdmin?.(target) ?? NO_VERBS) : [verb]
  }
}

const NO_VERBS: readonly ControlVerb[] = []

const PUBLISH_PATH = '/publish'

/** Programs that publish to a hosted service put its id before the path; all services are one here. */
const SERVICE_PUBLISH = /^\/service\/[\w-]+\/publish\/?$/

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
  negotiates: true,
  needsLength: true,
  run: (_body, reply) => reply.answer(GREETING),
}

const UPDATED = { text: textAnswer(200, 'Updated'), json: jsonAnswer(200, '{"message":"Updated"}') }

function recoverVerb(recover: Command): ControlVerb {
  const run = (_body: Buffer, reply: ControlReply): void => {
    recover({ fields: {}, encoding: 'json' }).then(
      () => reply.answer(UPDATED[reply.form]),
      (error: unknown) => reply.fail(error),
    )
  }
  // Pushpin wants to hear of a length, of a body that it does not look at; other orders of operators need none, and this one neither.
  return { method: 'POST', scope: 'admin', negotiates: true, needsLength: false, run }
}

const PUBLISHED = textAnswer(200, 'Published')

/** Answers when the bus has taken all items, so that what was answered is what happened. */
function publishVerb(bus: PublishBus, counts: IngressCounts): ControlVerb {
  const run = (body: Buffer, reply: ControlReply): void => {
    const items = parseCounted(body, counts)
    bus.publish(items, { countsHolds: reply.form !== 'text' }).then(
      (outcomes) => {
        counts.accepted += items.length
        const answer = reply.form === 'text' ? PUBLISHED : countedAnswer(items, outcomes)
        reply.answer(answer, items.length)
      },
      (error: unknown) => {
        countFailure(counts, error)
        reply.fail(error)
      },
    )
  }
  return { method: 'POST', scope: 'publish', negotiates: true, needsLength: true, run }
}

function parseCounted(body: Buffer, counts: IngressCounts): PublishItem[] {
  try {
    return parsePublishJson(body)
  } catch (error) {
    countFailure(counts, error)
    throw error
  }
}

/** Pushpin's `message`, and beside it how many holds each item reached. */
function countedAnswer(items: readonly PublishItem[], outcomes: readonly PublishOutcome[]): ControlAnswer {
  const counted = items.map(({ channel, id }, index) => ({ channel, id, holds: outcomes[index]?.holds ?? 0 }))
  return jsonAnswer(200, JSON.stringify({ message: 'Published', items: counted }))
}
