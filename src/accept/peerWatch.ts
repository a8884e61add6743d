import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Log } from '../edges/log.ts'
import type { CloseReason, Counters } from '../stats/counters.ts'
import { comparableAddress, readUnanswered, type Unanswered } from './unansweredPeers.ts'
import { wholeLines } from './wholeLines.ts'

/** Between two looks. */
const LOOK_MS = 15_000

/** Looks in a row at which a peer must be found silent: one that is only out of reach for a moment answers in between. */
const MAX_LOOKS = 4

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const

/** What is looked at, and how often. */
export interface PeerTables {
  readonly lookMs: number
  /** The lines of the tables, some at a time, none of them cut. */
  read(): AsyncIterable<string>
}

const SYSTEM: PeerTables = { lookMs: LOOK_MS, read: readTables }

async function* readTables(): AsyncGenerator<string> {
  for (const path of TABLES) if (existsSync(path)) yield* wholeLines(path)
}

/** Which connections are watched, and where is told of those that are gone. */
export interface PeerWatchOptions {
  /** The port that clients connect to. */
  readonly localPort: number
  /** The connections of clients. */
  connections(): Iterable<Socket>
  readonly log: Log
  readonly counters: Counters
}

/**
 * Finds clients that vanished while something was on its way to them. TCP's own keep-alive does not ask while bytes wait for an
 * answer, and the system repeats these for a quarter of an hour; `TCP_USER_TIMEOUT` would end that and cannot be set from Node. Linux
 * only: elsewhere the system's own time holds.
 */
export class PeerWatch {
  readonly #options: PeerWatchOptions
  readonly #tables: PeerTables
  readonly #timer: NodeJS.Timeout
  /** Looks in a row, by connection. */
  #silent = new Map<string, number>()
  #isLooking = false

  constructor(options: PeerWatchOptions, tables: PeerTables = SYSTEM) {
    this.#options = options
    this.#tables = tables
    this.#timer = setInterval(() => void this.#look(), tables.lookMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Looks, unless the look before is still under way. */
  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const gone = this.#count(await this.#findUnanswered())
      if (gone.size > 0) this.#close(gone)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#options.log.error(`the system's table of connections cannot be read: ${reason}`)
    } finally {
      this.#isLooking = false
    }
  }

  async #findUnanswered(): Promise<Unanswered[]> {
    const found: Unanswered[] = []
    for await (const lines of this.#tables.read()) {
      found.push(...readUnanswered(lines, this.#options.localPort))
    }
    return found
  }

  /** Returns the keys of those that have been silent for long enough. */
  #count(unanswered: readonly Unanswered[]): Set<string> {
    const before = this.#silent
    this.#silent = new Map()
    const gone = new Set<string>()
    for (const { remotePort, remoteAddress } of unanswered) {
      const key = `${remotePort} ${remoteAddress}`
      const looks = (before.get(key) ?? 0) + 1
      if (looks >= MAX_LOOKS) gone.add(key)
      else this.#silent.set(key, looks)
    }
    return gone
  }

  #close(gone: ReadonlySet<string>): void {
    for (const socket of this.#options.connections()) {
      const { remotePort, remoteAddress } = socket
      if (remoteAddress === undefined) continue
      if (!gone.has(`${remotePort} ${comparableAddress(remoteAddress)}`)) continue
      this.#note(remoteAddress)
      socket.destroy()
    }
  }

  #note(peer: string): void {
    const { counters, log } = this.#options
    const reason: CloseReason = 'silent-client'
    counters.closed[reason]++
    log.warn(`closed ${peer}: ${reason}: what it was sent is not acknowledged`, { reason, peer })
  }
}
