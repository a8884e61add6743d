/** Why we ended a connection that neither the client nor its origin nor a publisher asked to end. */
export type CloseReason = 'slow-client' | 'silent-client' | 'missed-items' | 'shutdown' | 'kicked'

/** Why an item did not reach holds. */
export type DropReason =
  | 'rate-limit'
  | 'duplicate'
  | 'out-of-order'
  | 'filtered'
  | 'filter-error'
  | 'filter-queue'
  | 'patch-failed'

/** Where published items come in. */
export type Ingress = 'http' | 'pull' | 'sub' | 'command' | 'embedded'

/** What became of items on their way in: taken by the bus, not understood, or refused because the bus was down. */
export interface IngressCounts {
  accepted: number
  invalid: number
  unavailable: number
}

/** What an item's channel made of it; one that waits for its turn is counted again when that has come. */
export type ItemOutcome = 'delivered' | 'unheld' | 'parked' | 'duplicate' | 'out-of-order' | 'rate-limit'

/** How requests to origins end; an answer counts when its head is there. */
export type OriginOutcome = 'answered' | 'unreachable' | 'timeout' | 'broken' | 'denied'

/** What the process has done since it began. Plain numbers: the hot path adds to them directly. */
export interface Counters {
  requests: number
  responseHolds: number
  streamHolds: number
  /** Clients' WebSockets, those that are no more than relayed included. */
  socketHolds: number
  itemsPublished: number
  /** Items handed to holds: one item to 100 holds counts 100. */
  deliveries: number
  /** Items as they came in. */
  received: Record<Ingress, IngressCounts>
  outcomes: Record<ItemOutcome, number>
  origin: Record<OriginOutcome, number>
  dropped: Record<DropReason, number>
  closed: Record<CloseReason, number>
}

/** Creates counters, all zero. `responseHolds`, `streamHolds` and `socketHolds` are how many are held now; the others only grow. */
export function createCounters(): Counters {
  return {
    requests: 0,
    responseHolds: 0,
    streamHolds: 0,
    socketHolds: 0,
    itemsPublished: 0,
    deliveries: 0,
    received: {
      http: createIngressCounts(),
      pull: createIngressCounts(),
      sub: createIngressCounts(),
      command: createIngressCounts(),
      embedded: createIngressCounts(),
    },
    outcomes: { delivered: 0, unheld: 0, parked: 0, duplicate: 0, 'out-of-order': 0, 'rate-limit': 0 },
    origin: { answered: 0, unreachable: 0, timeout: 0, broken: 0, denied: 0 },
    dropped: {
      'rate-limit': 0,
      duplicate: 0,
      'out-of-order': 0,
      filtered: 0,
      'filter-error': 0,
      'filter-queue': 0,
      'patch-failed': 0,
    },
    closed: { 'slow-client': 0, 'silent-client': 0, 'missed-items': 0, shutdown: 0, kicked: 0 },
  }
}

function createIngressCounts(): IngressCounts {
  return { accepted: 0, invalid: 0, unavailable: 0 }
}
