import { join } from 'node:path'
import { HttpListener } from '../accept/httpListener.ts'
import type { Config } from '../config/config.ts'
import type { Origin } from '../edges/origin.ts'
import { HttpOrigin } from '../origin/httpOrigin.ts'
import type { EmulationOwners } from '../proxy/sockJs/socketTable.ts'
import type { Door, ListenerParts } from './clientListeners.ts'

/** A worker among others. */
export interface WorkerPlace {
  /** Where each of them has a unix socket for the others; nobody else can reach it. */
  readonly directory: string
  /** From 1. */
  readonly number: number
  readonly count: number
}

/** An answer may wait for the origin, or 25 seconds for something to tell, and then some. */
const EXTRA_WAIT_MS = 60_000

/** Longer than the other side keeps an unused connection, so that it is the one who ends it. */
const KEEP_ALIVE_MS = 60_000

/** Owner-only, as the directory is. */
const SOCKET_MODE = 0o600

/**
 * The workers of a server, to each other. The requests of one SockJS client come to any of them, and one must have its WebSocket: the
 * client's session id says which.
 */
export class WorkerPeers implements EmulationOwners {
  readonly #place: WorkerPlace
  /** By number, less one; undefined for this worker itself. */
  readonly #origins: readonly (HttpOrigin | undefined)[]

  constructor(place: WorkerPlace, { proxy }: Config) {
    this.#place = place
    const responseTimeoutMs = proxy.originTimeoutSeconds * 1000 + EXTRA_WAIT_MS
    this.#origins = Array.from({ length: place.count }, (_, i) =>
      i + 1 === place.number
        ? undefined
        : new HttpOrigin({ responseTimeoutMs, socketPath: socketPath(place.directory, i + 1) }),
    )
  }

  ownerOf(id: string): Origin | undefined {
    return this.#origins[hashOf(id) % this.#place.count]
  }

  /** Makes the door at which this worker takes what the others hand on. */
  door({ runner }: Config, parts: ListenerParts): Door {
    const listener = new HttpListener({
      ...parts,
      // A field of ours comes on top of what a client may send.
      maxHeaderBytes: runner.clientBufferBytes + 1024,
      headerTimeoutMs: runner.clientHeaderTimeoutSeconds * 1000,
      keepAliveTimeoutMs: KEEP_ALIVE_MS,
      maxConnections: runner.clientMaxConnections,
    })
    const { directory, number } = this.#place
    const place = { path: socketPath(directory, number), mode: SOCKET_MODE, uid: undefined, gid: undefined }
    const open = async (): Promise<undefined> => {
      await listener.listenLocally({ ...place, exclusive: true })
    }
    return { listener, open, place: { path: place.path } }
  }

  /** Closes the connections to the others. */
  async close(): Promise<void> {
    await Promise.all(this.#origins.map((origin) => origin?.close()))
  }
}

function socketPath(directory: string, number: number): string {
  return join(directory, `worker-${number}`)
}

/** FNV-1a: the same in each process, and even for short texts. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
