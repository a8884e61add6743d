/**
 * The nodes of a snapshot are `{ id, name, self, answers, status }`; a server that stands alone is one node. Those that do not answer
 * have no status.
 */
export function answering(nodes) {
  return nodes.filter(({ answers }) => answers)
}

/** Adds up what `read` finds in the status of each node that answers. */
export function total(nodes, read) {
  return sum(answering(nodes).map(({ status }) => read(status)))
}

/** What all processes of a node are like: its own, and those of its workers. */
export function processesOf({ process, workers = [] }) {
  return [process, ...workers.map((worker) => worker.process)]
}

export function sum(numbers) {
  return numbers.reduce((all, number) => all + number, 0)
}

/** Items that were published at a node, by whatever way. */
function publishedAt({ received }) {
  return sum(Object.values(received).map(({ accepted }) => accepted))
}

const NO_RATES = { published: null, delivered: null, dropped: null, closed: null }

/** What a node does each second, between two snapshots of it; nulls where there is only one, or it was started anew. */
export function ratesOf(node, before, seconds) {
  if (!node.answers || !before?.answers) return NO_RATES
  if (node.status.process.uptimeSeconds < before.status.process.uptimeSeconds) return NO_RATES
  const [now, then] = [node.status.totals, before.status.totals]
  // A worker that was started anew counts from zero again.
  const rate = (read) => Math.max(0, (read(now) - read(then)) / Math.max(seconds, 0.001))
  return {
    published: rate(publishedAt),
    delivered: rate(({ deliveries }) => deliveries),
    dropped: rate(({ dropped }) => sum(Object.values(dropped))),
    closed: rate(({ closed }) => sum(Object.values(closed))),
  }
}

/** Says which nodes do not answer; empty where all do. */
export function missingText(names, consequence) {
  if (names.length === 0) return ''
  const plural = names.length > 1
  const [who, verb] = [`${plural ? 'Nodes' : 'Node'} ${names.join(', ')}`, plural ? 'do' : 'does']
  return `${who} ${verb} not answer: ${consequence}`
}
