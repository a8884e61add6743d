/** Where a listing goes on, and how many entries are wanted at most. */
export interface PageQuery {
  /** `next` of the page before; undefined for the first page. */
  readonly cursor: string | undefined
  readonly limit: number
}

/** What the entries of a listing are ordered by; those that are equal in it by their names. */
export interface Order<Key extends string> {
  readonly by: Key
  readonly descending: boolean
}

/** A page of a listing in an order, or in none, which is quicker. */
export interface OrderedQuery<Key extends string> extends PageQuery {
  readonly order?: Order<Key> | undefined
}

/** What connections may be ordered by. */
export type ConnectionKey = 'id' | 'kind' | 'route' | 'peer' | 'age' | 'queue'

/**
 * A part of a listing. It may have fewer entries than were wanted, even none, and yet not be the last: what one call looks at
 * is bounded.
 */
export interface Page<T> {
  readonly items: readonly T[]
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined
  /** Names of nodes that do not answer: who is held there is not in it. */
  readonly missing?: readonly string[] | undefined
}

/** How many hold a channel. */
export interface ChannelHolders {
  readonly name: string
  readonly holders: { readonly response: number; readonly stream: number; readonly socket: number }
}

/** A client that is held. */
export interface HeldConnection {
  readonly id: string
  /** What the node is called that has it; undefined where there is one node. */
  readonly node?: string | undefined
  readonly kind: 'response' | 'stream' | 'socket'
  /** What its route is called. */
  readonly route: string
  /** By the names that publishers use. */
  readonly channels: readonly string[]
  /** GRIP: Grip-Set-Meta. */
  readonly meta: Readonly<Record<string, string>>
  /** The client's address; empty on a unix socket. */
  readonly peer: string
  /** When its request came, ISO 8601, UTC. */
  readonly openedAt: string
  readonly ageSeconds: number
  /** Bytes that were written and that the client has not taken. */
  readonly bytesQueued: number
}

/** What a client that is held has of a channel. */
export interface HeldSubscription {
  readonly channel: string
  /** Id of the last item that it has, where it follows the channel's chain. */
  readonly lastId?: string | undefined
  /** Names of the channel's filters, where it has any. */
  readonly filters?: readonly string[] | undefined
}

/** All of a client that is held. */
export interface ConnectionDetail extends HeldConnection {
  readonly subscriptions: readonly HeldSubscription[]
}

/** Which channels are wanted; all that is said must hold. */
export interface ChannelFilter {
  /** How the name begins. */
  readonly prefix: string
  /** What is somewhere in the name; upper and lower case are told apart. */
  readonly search?: string | undefined
}

/** Which connections are wanted; all that is said must hold. */
export interface ConnectionFilter {
  /** What is somewhere in its id, peer, route, a channel or a value of its meta; upper and lower case are told apart. */
  readonly search?: string | undefined
  readonly channel: string | undefined
  readonly route: string | undefined
  readonly meta: readonly (readonly [name: string, value: string])[]
}

/**
 * Who is held, on all nodes. Answers are plain data, so that those of several processes can be put together. Whoever is held
 * from the first page of a listing to its last is in it exactly once. Rejects with ADMIN_REQUEST_INVALID for a cursor
 * that it did not give.
 */
export interface HoldDirectory {
  /** The channels that somebody holds. */
  channels(filter: ChannelFilter, page: OrderedQuery<'name'>): Promise<Page<ChannelHolders>>
  channel(name: string): Promise<ChannelHolders | undefined>
  connections(filter: ConnectionFilter, page: OrderedQuery<ConnectionKey>): Promise<Page<HeldConnection>>
  connection(id: string): Promise<ConnectionDetail | undefined>
  /** Tells whether there is a connection of that id, be it held or still waiting for its origin. */
  has(id: string): Promise<boolean>
  /**
   * Ends a hold: streams end cleanly, long polls get their timeout response, WebSockets a Close. False when nobody is held
   * by that id.
   */
  kick(id: string): Promise<boolean>
  /** Lets a WebSocket's origin be asked now, where that goes over HTTP; false when the id is not that of a WebSocket. */
  refresh(id: string): Promise<boolean>
}
