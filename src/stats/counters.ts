/** Why we ended a connection that neither the client nor its origin nor a publisher asked to end. */
export type CloseReason = 'slow-client' | 'silent-client' | 'missed-items' | 'shutdown'

/** Why an item did not reach holds. */
export type DropReason =
  | 'rate-limit'
  | 'duplicate'
  | 'out-of-order'
  | 'filtered'
  | 'filter-error'
  | 'filter-queue'
  | 'patch-failed'

/** What the process has done since it began. Plain numbers: the hot path adds to them directly. */
export interface Counters {
  requests: number
  responseHolds: number
  streamHolds: number
  itemsPublished: number
  /** Items handed to holds: one item to 100 holds counts 100. */
  deliveries: number
  dropped: Record<DropReason, number>
  closed: Record<CloseReason, number>
}

/** Creates counters, all zero. `responseHolds` and `streamHolds` are how many are held now; the others only grow. */
export function createCounters(): Counters {
  return {
    requests: 0,
    responseHolds: 0,
    streamHolds: 0,
    itemsPublished: 0,
    deliveries: 0,
    dropped: {
      'rate-limit': 0,
      duplicate: 0,
      'out-of-order': 0,
      filtered: 0,
      'filter-error': 0,
      'filter-queue': 0,
      'patch-failed': 0,
    },
    closed: { 'slow-client': 0, 'silent-client': 0, 'missed-items': 0, shutdown: 0 },
  }
}
