import type { Clock } from '../../edges/clock.ts'
import { type ControlAnswer, textAnswer } from '../controlAnswer.ts'
import type { ControlReply, ControlVerb } from '../controlVerb.ts'
import { readDashboardPages } from './dashboardPages.ts'
import { EVENT_STREAM_HEADERS } from './serverSentEvent.ts'
import { StatusFeed } from './statusFeed.ts'
import type { OpenTrial } from './trial.ts'
import { createTrialVerb } from './trialVerb.ts'

/** What the dashboard looks at, beside the admin API. */
export interface DashboardTargets {
  /** Plain data about all that each node does. */
  readonly nodes: () => Promise<readonly unknown[]>
  readonly clock: Clock
  /** Opens clients of the proxy, to try it. */
  readonly openTrial: OpenTrial
}

/** Finds the verbs of a request target of the dashboard; none when it has no such path. */
export type DashboardLookup = (target: string) => readonly ControlVerb[] | undefined

/** Builds the dashboard: its files, which are open and show nothing by themselves, and what feeds them. */
export function createDashboardLookup(targets: DashboardTargets): DashboardLookup {
  const verbs = new Map<string, readonly ControlVerb[]>()
  for (const [target, answer] of readDashboardPages()) verbs.set(target, [pageVerb(answer)])
  verbs.set('/dashboard/events', [eventsVerb(new StatusFeed(targets))])
  verbs.set('/dashboard/subscribe', [createTrialVerb(targets.openTrial, targets.clock)])
  return (target) => verbs.get(target)
}

function pageVerb(answer: ControlAnswer): ControlVerb {
  return {
    method: 'GET',
    scope: undefined,
    negotiates: false,
    needsLength: false,
    run: (_body, reply) => reply.answer(answer),
  }
}

const FULL = textAnswer(503, 'Too many dashboards are open.', ['Retry-After', '10'])

function eventsVerb(feed: StatusFeed): ControlVerb {
  const run = (_body: Buffer, reply: ControlReply): void => {
    if (feed.isFull) reply.answer(FULL)
    else feed.add(reply.stream(EVENT_STREAM_HEADERS))
  }
  return { method: 'GET', scope: 'admin', negotiates: false, needsLength: false, run }
}
