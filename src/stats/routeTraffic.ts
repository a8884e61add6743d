/** What has crossed the wire, by side and direction. Header bytes are the texts alone, without separators. */
export interface WireBytes {
  clientHeaderBytesReceived: number
  clientHeaderBytesSent: number
  clientContentBytesReceived: number
  clientContentBytesSent: number
  clientMessagesReceived: number
  clientMessagesSent: number
  serverHeaderBytesReceived: number
  serverHeaderBytesSent: number
  serverContentBytesReceived: number
  serverContentBytesSent: number
  serverMessagesReceived: number
  serverMessagesSent: number
}

/** What a route has had since the process began; plain numbers that the hot path adds to. Pushpin: operations.md §4.5. */
export interface RouteTraffic extends WireBytes {
  /** The id that the route's line gives it; undefined for all routes without one, which share their numbers. */
  readonly routeId: string | undefined
  /** New requests, retries and keep-alives. Pushpin: `activity`. */
  activity: number
  /** Items sent to clients, and those of them that answered long polls. */
  sent: number
  responsesSent: number
  /** Connections open now, and the most of them at one time since `restartPeak`. */
  connections: number
  peakConnections: number
  /** Connection-minutes begun. */
  minutes: number
  /** Open connections by the second of the minute in which they began. */
  readonly openedInSecond: number[]
}

/** The ids of routes as `TrafficTable.of` wants them. */
export interface CountedRoute {
  readonly id: string
  readonly hasExplicitId: boolean
}

const SECONDS_PER_MINUTE = 60

/** The numbers of all routes. As in Pushpin, only routes that name their id have numbers of their own. */
export class TrafficTable {
  readonly #shared = createTraffic(undefined)
  readonly #byId = new Map<string, RouteTraffic>()
  #minuteSecond = 0

  /** The numbers of a route, which stay the same object over reloads. */
  of(route: CountedRoute | undefined): RouteTraffic {
    if (route === undefined || !route.hasExplicitId) return this.#shared
    let traffic = this.#byId.get(route.id)
    if (traffic === undefined) {
      traffic = createTraffic(route.id)
      this.#byId.set(route.id, traffic)
    }
    return traffic
  }

  /** All numbers, those of the routes without an id first. */
  *all(): IterableIterator<RouteTraffic> {
    yield this.#shared
    yield* this.#byId.values()
  }

  /** Counts a connection in; answers the second to give back to `disconnect`. */
  connect(traffic: RouteTraffic): number {
    const second = this.#minuteSecond
    traffic.openedInSecond[second] = (traffic.openedInSecond[second] as number) + 1
    traffic.minutes++
    traffic.connections++
    if (traffic.connections > traffic.peakConnections) traffic.peakConnections = traffic.connections
    return second
  }

  disconnect(traffic: RouteTraffic, second: number): void {
    traffic.openedInSecond[second] = (traffic.openedInSecond[second] as number) - 1
    traffic.connections--
  }

  /** To be called each second: a further minute begins for the connections that began in this second of theirs. */
  tick(): void {
    this.#minuteSecond = (this.#minuteSecond + 1) % SECONDS_PER_MINUTE
    for (const traffic of this.all()) traffic.minutes += traffic.openedInSecond[this.#minuteSecond] as number
  }
}

/** Begins a new period in which the highest number of connections is sought. */
export function restartPeak(traffic: RouteTraffic): void {
  traffic.peakConnections = traffic.connections
}

function createTraffic(routeId: string | undefined): RouteTraffic {
  return {
    routeId,
    activity: 0,
    sent: 0,
    responsesSent: 0,
    connections: 0,
    peakConnections: 0,
    minutes: 0,
    openedInSecond: new Array<number>(SECONDS_PER_MINUTE).fill(0),
    clientHeaderBytesReceived: 0,
    clientHeaderBytesSent: 0,
    clientContentBytesReceived: 0,
    clientContentBytesSent: 0,
    clientMessagesReceived: 0,
    clientMessagesSent: 0,
    serverHeaderBytesReceived: 0,
    serverHeaderBytesSent: 0,
    serverContentBytesReceived: 0,
    serverContentBytesSent: 0,
    serverMessagesReceived: 0,
    serverMessagesSent: 0,
  }
}
