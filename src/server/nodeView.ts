import type { NodeAnswer, NodeFacts } from '../cluster/nodeAnswer.ts'
import type { AdminTargets, NodeErrors } from '../ingress/admin/adminTargets.ts'
import type { Trouble } from '../observe/recentTrouble.ts'
import type { ProcessStatus } from '../observe/status.ts'

/** Errors of all nodes together that are told; as many as one node keeps. */
const MAX_ERRORS = 100

/** Asks all nodes about themselves. */
export type AskNodes = (question: keyof NodeFacts) => Promise<readonly NodeAnswer[]>

/** What the admin API tells of all nodes. */
export function createNodeView(askNodes: AskNodes): Pick<AdminTargets, 'nodes' | 'errors'> {
  return {
    nodes: async () => (await askNodes('status')).map(describeNode),
    errors: async () => joinErrors(await askNodes('errors')),
  }
}

/** What each route does is left out: it is told every second to those who look at all nodes. */
function describeNode({ id, name, isSelf, answer }: NodeAnswer) {
  if (answer === undefined) return { id, name, self: isSelf, answers: false }
  const { routes: _, ...status } = answer as ProcessStatus
  return { id, name, self: isSelf, answers: true, status }
}

function joinErrors(answers: readonly NodeAnswer[]): NodeErrors {
  const isAlone = answers.length === 1
  const errors = answers.flatMap(({ name, answer }) => {
    const troubles = (answer ?? []) as readonly Trouble[]
    return isAlone ? troubles : troubles.map((trouble) => ({ ...trouble, node: name }))
  })
  const missing = answers.filter(({ answer }) => answer === undefined).map(({ name }) => name)
  return {
    errors: errors.sort((a, b) => (a.time < b.time ? 1 : -1)).slice(0, MAX_ERRORS),
    missing: missing.length === 0 ? undefined : missing,
  }
}
