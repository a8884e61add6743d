import type { Origin } from '../../edges/origin.ts'
import type { Receiver } from './receiver.ts'
import type { SendRequest } from './sendRequest.ts'

/** WebSockets that clients of one route may emulate at one time: as many as connections by default. */
const MAX_SOCKETS_PER_ROUTE = 50_000

/** What the requests for an emulated WebSocket meet: its opening, the open one, or what is left of it. */
export interface EmulationStage {
  /** Takes a request for frames. */
  onReceiver(receiver: Receiver): void
  /** Takes messages of the client. */
  onMessages(request: SendRequest): void
}

/** Knows which of a server's processes has the WebSocket that a client emulates: its requests may come to each of them. */
export interface EmulationOwners {
  /** Returns how to reach the process that has, or is to have, the WebSocket of that id; undefined when it is this one. */
  ownerOf(id: string): Origin | undefined
}

/** The place of one emulated WebSocket in the table. */
export interface SocketSlot {
  /** Lets another stage take the requests from now on. */
  become(stage: EmulationStage): void
  /** Gives the place up: the id is unknown from now on. */
  free(): void
}

/** The WebSockets that clients emulate by HTTP requests, by route and id. */
export class SocketTable {
  readonly #maxPerRoute: number
  readonly #routes = new Map<string, Map<string, EmulationStage>>()

  constructor(maxPerRoute: number = MAX_SOCKETS_PER_ROUTE) {
    this.#maxPerRoute = maxPerRoute
  }

  find(routeId: string, id: string): EmulationStage | undefined {
    return this.#routes.get(routeId)?.get(id)
  }

  /** Gives an id that is not in use a place, for the first stage to take; undefined when the route has too many. */
  reserve(routeId: string, id: string): SocketSlot | undefined {
    const sockets = this.#routes.get(routeId) ?? new Map<string, EmulationStage>()
    if (sockets.size >= this.#maxPerRoute) return undefined
    this.#routes.set(routeId, sockets)
    return {
      become: (stage) => void sockets.set(id, stage),
      free: () => this.#free(routeId, sockets, id),
    }
  }

  #free(routeId: string, sockets: Map<string, EmulationStage>, id: string): void {
    sockets.delete(id)
    if (sockets.size === 0 && this.#routes.get(routeId) === sockets) this.#routes.delete(routeId)
  }
}
