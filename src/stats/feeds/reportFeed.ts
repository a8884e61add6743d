import type { RouteTraffic, TrafficTable, WireBytes } from '../routeTraffic.ts'
import type { PacketFields, PacketSink } from './packet.ts'

/** What reports say of items, which have no route. */
export interface ItemTotals {
  readonly received: number
  readonly blocksReceived: number
  readonly blocksSent: number
}

const WIRE_FIELDS: Readonly<Record<keyof WireBytes, string>> = {
  clientHeaderBytesReceived: 'client-header-bytes-received',
  clientHeaderBytesSent: 'client-header-bytes-sent',
  clientContentBytesReceived: 'client-content-bytes-received',
  clientContentBytesSent: 'client-content-bytes-sent',
  clientMessagesReceived: 'client-messages-received',
  clientMessagesSent: 'client-messages-sent',
  serverHeaderBytesReceived: 'server-header-bytes-received',
  serverHeaderBytesSent: 'server-header-bytes-sent',
  serverContentBytesReceived: 'server-content-bytes-received',
  serverContentBytesSent: 'server-content-bytes-sent',
  serverMessagesReceived: 'server-messages-received',
  serverMessagesSent: 'server-messages-sent',
}

/** What every report has beside `connections`, `duration` and `received`: numbers that those of several processes add up to. */
export const SUMMED_FIELDS: readonly string[] = [
  'minutes',
  'sent',
  'http-response-sent',
  ...Object.values(WIRE_FIELDS),
]

type Totals = Readonly<Record<string, number>>

const NOTHING: Totals = {}

/** Tells what each route has had in a period. Pushpin: operations.md §4.5. */
export class ReportFeed {
  readonly #traffic: TrafficTable
  readonly #items: () => ItemTotals
  readonly #send: PacketSink
  readonly #last = new Map<RouteTraffic, Totals>()
  /** Routes whose last report had connections: they get one more, which has none. */
  readonly #connected = new Set<RouteTraffic>()
  #lastMs: number

  constructor(
    traffic: TrafficTable,
    options: { readonly items: () => ItemTotals; readonly send: PacketSink; readonly nowMs: number },
  ) {
    this.#traffic = traffic
    this.#items = options.items
    this.#send = options.send
    this.#lastMs = options.nowMs
  }

  /** To be called at the end of each period, before the peaks are restarted. */
  report(nowMs: number): void {
    const duration = Math.round(nowMs - this.#lastMs)
    this.#lastMs = nowMs
    for (const traffic of this.#traffic.all()) this.#reportRoute(traffic, duration)
  }

  #reportRoute(traffic: RouteTraffic, duration: number): void {
    const totals = this.#totalsOf(traffic)
    const last = this.#last.get(traffic) ?? NOTHING
    this.#last.set(traffic, totals)
    const grown = Object.fromEntries(
      Object.entries(totals).map(([name, total]) => [name, total - (last[name] ?? 0)]),
    )
    const connections = traffic.peakConnections
    const wasConnected = this.#connected.delete(traffic)
    if (connections > 0) this.#connected.add(traffic)
    const isIdle = Object.values(grown).every((value) => value === 0)
    if (connections === 0 && isIdle && !wasConnected) return
    this.#send('report', withoutZeroBlocks({ route: traffic.routeId, connections, duration, ...grown }))
  }

  #totalsOf(traffic: RouteTraffic): Totals {
    const { received, blocksReceived, blocksSent } = this.#items()
    const isShared = traffic.routeId === undefined
    const wire = Object.entries(WIRE_FIELDS).map(([name, field]) => [field, traffic[name as keyof WireBytes]])
    return {
      minutes: traffic.minutes,
      received: isShared ? received : 0,
      sent: traffic.sent,
      'http-response-sent': traffic.responsesSent,
      'blocks-received': isShared ? blocksReceived : 0,
      'blocks-sent': isShared ? blocksSent : 0,
      ...Object.fromEntries(wire),
    }
  }
}

/** Blocks are told only where there are some. */
export function withoutZeroBlocks(fields: PacketFields): PacketFields {
  return {
    ...fields,
    'blocks-received': fields['blocks-received'] || undefined,
    'blocks-sent': fields['blocks-sent'] || undefined,
  }
}
