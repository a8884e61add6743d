/**
 * The capacity model: what a number of clients costs, from what was measured of one process. docs/scaling.md explains it.
 * CPU in microseconds of one core, memory in bytes.
 */
export const MEASURED = {
  /** One item to one held stream, of many on the channel. */
  deliveryUs: 5.6,
  /** One client through accept, origin and hold. */
  takeUs: 180,
  /** One item that is published at a node: an HTTP request, its answer, and the way to the NATS servers. */
  publishUs: 80,
  /** One item that comes in at a node from the NATS servers, with a delivery to a lone client. */
  receiveUs: 45,
  /** What a node does in a second while nothing happens: it tells others of itself, and looks at its timers. */
  idleUs: 10_000,
  /** A held stream, all state included. */
  holdBytes: 4.6 * 1024,
  /** What the kernel keeps of an idle TCP connection, about. */
  kernelBytes: 4 * 1024,
  /** A process that holds nobody. */
  processBytes: 90 * 1024 * 1024,
}

/** What a node has; a core is used to `use` of its time at most, so that bursts and restarts find room. */
export const NODE = { cores: 4, memoryBytes: 16 * 1024 ** 3, maxFiles: 1_000_000, use: 0.5 }

/** No plan needs more; above it the items alone are too many for any node that gets them all. */
const MAX_NODES = 100_000

/**
 * Finds the least number of nodes for `clients` that each get `itemsPerSecond`, in items of which each reaches `fanOut`
 * clients, and stay for `staySeconds`.
 */
export function planFor(load, node = NODE) {
  for (let nodes = 1; nodes <= MAX_NODES; nodes = Math.max(nodes + 1, Math.ceil(nodes * 1.02))) {
    const need = needOfNode(load, { ...NODE, ...node, nodes })
    if (Math.max(...Object.values(need.used)) <= 1) return { nodes, ...need }
  }
  return undefined
}

/** What one of `nodes` has to do by what things cost, and how much of each thing that it has is used by that, as a part of 1. */
export function needOfNode({ clients, itemsPerSecond, fanOut, staySeconds }, node, costs = MEASURED) {
  const { nodes, cores, memoryBytes, maxFiles, use } = node
  const held = clients / nodes
  const items = (clients * itemsPerSecond) / fanOut
  // The part of all items of which this node has a holder, if clients are spread evenly.
  const itemsHere = items * (1 - (1 - 1 / nodes) ** fanOut)
  const deliveries = held * itemsPerSecond
  // Publishers are spread over the nodes, too.
  const itemCores = ((items / nodes) * costs.publishUs + itemsHere * costs.receiveUs + costs.idleUs) / 1e6
  const clientCores = (deliveries * costs.deliveryUs + (held / staySeconds) * costs.takeUs) / 1e6
  const memory = held * (MEASURED.holdBytes + MEASURED.kernelBytes) + (cores + 1) * MEASURED.processBytes
  return {
    held,
    itemsHere,
    deliveries,
    cores: itemCores + clientCores,
    memory,
    used: {
      // Items come in at one process of a node, its primary.
      primary: itemCores / use,
      cores: (itemCores + clientCores) / (cores * use),
      memory: memory / (memoryBytes * 0.8),
      files: held / (maxFiles * 0.9),
    },
  }
}
