import type { PacketFields, PacketSink } from './packet.ts'
import { type ItemTotals, SUMMED_FIELDS, withoutZeroBlocks } from './reportFeed.ts'

/** What workers have told of a route since its last report. */
interface RouteSums {
  readonly route: string | undefined
  /** Summed fields by name. */
  readonly sums: Record<string, number>
  /** Most connections at one time, by worker, as last told. */
  readonly connections: Map<number, number>
  hasNews: boolean
}

const BLOCKS_SENT = 'blocks-sent'

/**
 * Adds up the reports of several processes to one for each route and period. Peaks of connections are added, too: the sum is at least what it was
 * at any time, and it is what Pushpin's own processes do. Pushpin: operations.md §4.5.
 */
export class ReportSums {
  readonly #send: PacketSink
  readonly #items: () => Pick<ItemTotals, 'received' | 'blocksReceived'>
  readonly #routes = new Map<string | undefined, RouteSums>()
  #lastItems = { received: 0, blocksReceived: 0 }
  #lastMs: number

  /** `items` tells what was received since the beginning: that is counted where items come in. */
  constructor(options: {
    readonly send: PacketSink
    readonly items: () => Pick<ItemTotals, 'received' | 'blocksReceived'>
    readonly nowMs: number
  }) {
    this.#send = options.send
    this.#items = options.items
    this.#lastMs = options.nowMs
  }

  /** Takes the fields of a packet of the type `report`. */
  take(worker: number, fields: PacketFields): void {
    const route = this.#of(fields['route'] as string | undefined)
    for (const name of [...SUMMED_FIELDS, BLOCKS_SENT])
      route.sums[name] = (route.sums[name] ?? 0) + Number(fields[name] ?? 0)
    route.connections.set(worker, Number(fields['connections']))
    route.hasNews = true
  }

  /** A worker has ended, with all its connections. */
  gone(worker: number): void {
    for (const route of this.#routes.values()) {
      if (route.connections.delete(worker)) route.hasNews = true
    }
  }

  /** To be called at the end of each period. */
  report(nowMs: number): void {
    const duration = Math.round(nowMs - this.#lastMs)
    this.#lastMs = nowMs
    const { received, blocksReceived } = this.#items()
    const grown = {
      received: received - this.#lastItems.received,
      'blocks-received': blocksReceived - this.#lastItems.blocksReceived,
    }
    this.#lastItems = { received, blocksReceived }
    if (grown.received > 0) this.#of(undefined).hasNews = true
    // Routes that go on are put back into the map: a copy is gone through.
    for (const route of [...this.#routes.values()]) {
      const items = route.route === undefined ? grown : NO_ITEMS
      this.#reportRoute(route, { duration, ...items })
    }
  }

  /** A route that is idle gets no further report after one without connections. */
  #reportRoute({ route, sums, connections, hasNews }: RouteSums, more: PacketFields): void {
    const sum = [...connections.values()].reduce((total, count) => total + count, 0)
    if (hasNews || sum > 0)
      this.#send('report', withoutZeroBlocks({ route, connections: sum, ...sums, ...more }))
    this.#routes.delete(route)
    if (sum > 0) this.#of(route, connections)
  }

  #of(route: string | undefined, connections = new Map<number, number>()): RouteSums {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    const sums = Object.fromEntries(SUMMED_FIELDS.map((name) => [name, 0]))
    const made = { route, sums, connections, hasNews: false }
    this.#routes.set(route, made)
    return made
  }
}

const NO_ITEMS = { received: 0, 'blocks-received': 0 }
