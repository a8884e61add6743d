import cluster, { type Worker } from 'node:cluster'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ItemRelay } from '../cluster/workers/itemRelay.ts'
import type { PartDirectory } from '../cluster/workers/mergedDirectory.ts'
import { RemoteDirectory } from '../cluster/workers/remoteDirectory.ts'
import { WorkerLink } from '../cluster/workers/workerLink.ts'
import type { PublishBus } from '../edges/bus.ts'
import type { Clock, Timer } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'
import type { GivenSocket } from '../util/givenSockets.ts'
import { SOCKETS_VARIABLE } from './readGivenSockets.ts'
import { SILENCE_LOOK_MS, SilenceWatch } from './silenceWatch.ts'
import { WORKER } from './workerMessages.ts'
import type { WorkerPlace } from './workerPeers.ts'

/** How many workers there are, what they start with, and who hears of them. */
export interface WorkerPoolOptions {
  readonly size: number
  /** The program's arguments, from which a worker reads the same configuration. */
  readonly argv: readonly string[]
  /** Listening sockets of this process on which workers may take clients. */
  readonly sockets: readonly GivenSocket[]
  /** How long the workers may take to let their clients go; one that takes longer is killed. */
  readonly drainLimitMs: number
  readonly bus: PublishBus
  readonly relay: ItemRelay
  readonly clock: Clock
  readonly log: Log
  /** Hears of what workers tell without being asked; a worker has the number of its seat. */
  readonly onTold: (worker: number, subject: string, data: unknown) => void
  /** A worker has ended, and what it held is gone. */
  readonly onGone: (worker: number) => void
}

/** A worker that ends sooner than this after its start is not started again at once. */
const SHORT_LIFE_MS = 5000
/** Wait before the first repetition of such a start; it doubles up to the other. */
const MIN_RESTART_MS = 100
const MAX_RESTART_MS = 5000

/** How long a worker that has nothing left to do may take to end. */
const END_LIMIT_MS = 2000

/** The descriptor of a worker's connection to the primary; the one before it is Node's own. */
export const PRIMARY_FD = 4

/** A place in the pool, and the process in it. */
interface Seat {
  readonly number: number
  worker: Worker | undefined
  link: WorkerLink | undefined
  directory: PartDirectory | undefined
  watch: SilenceWatch | undefined
  startedMs: number
  restartMs: number
}

/**
 * The worker processes of a primary.
 *
 *     a seat: starting --open to the others--> met --ports open--> serving --process ends--> starting again, at once or after a wait
 *             serving --no answer for long, or too much unread--> killed
 *             any --close--> draining --> empty
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #seats: readonly Seat[]
  /** Where the workers reach each other. */
  readonly #directory = mkdtempSync(join(tmpdir(), 'holdfast-'))
  readonly #looking: Timer
  #reloads = 0
  #isClosing = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#seats = Array.from({ length: options.size }, (_, i) => ({
      number: i + 1,
      worker: undefined,
      link: undefined,
      directory: undefined,
      watch: undefined,
      startedMs: 0,
      restartMs: MIN_RESTART_MS,
    }))
    this.#looking = options.clock.every(SILENCE_LOOK_MS, () => this.#killSilent())
    cluster.setupPrimary({
      exec: fileURLToPath(new URL('./workerMain.js', import.meta.url)),
      args: [...options.argv],
      // Its input is nobody's; the last one is the connection.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    })
  }

  /** The directories of the workers that are there. */
  get directories(): readonly PartDirectory[] {
    return this.#seats.flatMap(({ directory }) => directory ?? [])
  }

  /** Starts the workers and returns where clients connect. Throws LISTEN_FAILED. */
  async open(): Promise<AddressInfo[]> {
    const links = await Promise.all(this.#seats.map((seat) => this.#start(seat)))
    const [addresses = []] = await Promise.all(
      links.map((link, i) => this.#openSeat(this.#seats[i] as Seat, link)),
    )
    return addresses
  }

  /** Asks all workers; those that end meanwhile are left out. */
  async askAll<T>(question: string, argument?: unknown): Promise<T[]> {
    const asked = this.#seats.flatMap(({ link }) => link?.ask(question, argument) ?? [])
    const answers = await Promise.allSettled(asked)
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value as T] : []))
  }

  /** Asks the first worker that is there, of what all know alike. Rejects with WORKER_GONE, and as the worker does. */
  async askOne<T>(question: string, argument?: unknown): Promise<T> {
    const link = this.#seats.find((seat) => seat.link !== undefined)?.link
    if (link === undefined) throw new HoldfastError('WORKER_GONE', 'no worker is there to answer')
    return (await link.ask(question, argument)) as T
  }

  /** Has all workers read the routes anew, those that are starting too. */
  reload(): void {
    this.#reloads++
    void this.askAll(WORKER.reload)
  }

  /** Lets the clients of all workers go, and ends the workers. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#looking.cancel()
    await this.#inTime(this.askAll(WORKER.drain), this.#options.drainLimitMs)
    await Promise.all(this.#seats.map((seat) => this.#end(seat)))
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #end(seat: Seat): Promise<void> {
    const { worker } = seat
    if (worker === undefined || worker.isDead()) return
    const hasEnded = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.process.kill('SIGTERM')
    if (await this.#inTime(hasEnded, END_LIMIT_MS)) return
    this.#kill(seat, 'does not end')
    await hasEnded
  }

  /** Waits for something, but no longer than that; false when the time was over first. */
  #inTime(work: Promise<unknown>, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(limitMs, () => resolve(false))
      void work.then(() => {
        timer.cancel()
        resolve(true)
      })
    })
  }

  /** Starts a worker that has no clients yet. */
  async #start(seat: Seat): Promise<WorkerLink> {
    const { bus, relay, log, clock, size, sockets, onGone, onTold: hear } = this.#options
    const place: WorkerPlace = { directory: this.#directory, number: seat.number, count: size }
    const worker = cluster.fork({
      HOLDFAST_WORKER_SHARE: String(1 / size),
      HOLDFAST_WORKER_PLACE: JSON.stringify(place),
      [SOCKETS_VARIABLE]: JSON.stringify(sockets),
    })
    seat.worker = worker
    seat.startedMs = clock.now()
    const stream = worker.process.stdio[PRIMARY_FD] as unknown as Socket
    const onClose = (): void => {
      seat.link = undefined
      seat.directory = undefined
      seat.watch = undefined
      onGone(seat.number)
    }
    const onTold = (subject: string, data: unknown): void => hear(seat.number, subject, data)
    const onStuck = (): void => this.#kill(seat, 'does not read what it is sent')
    const link = new WorkerLink(stream, { bus, relay, log, onTold, onStuck, onClose })
    worker.once('exit', (code, signal) => this.#onExit(seat, signal ?? `code ${code}`))
    worker.on('error', (error) => log.error(`worker ${seat.number}: ${error.message}`))
    await link.ask(WORKER.meet)
    return link
  }

  async #openSeat(seat: Seat, link: WorkerLink): Promise<AddressInfo[]> {
    const reloads = this.#reloads
    const addresses = (await link.ask(WORKER.open)) as AddressInfo[]
    seat.link = link
    // It may have read the routes as they were before that.
    if (reloads !== this.#reloads) void Promise.allSettled([link.ask(WORKER.reload)])
    seat.directory = new RemoteDirectory(link)
    seat.watch = new SilenceWatch(() => link.ask(WORKER.ping))
    this.#options.log.info(`worker ${seat.number} started, process ${seat.worker?.process.pid}`)
    return addresses
  }

  /** A worker that hangs keeps its clients, new ones, and all who publish to them waiting. */
  #killSilent(): void {
    const nowMs = this.#options.clock.now()
    for (const seat of this.#seats) {
      if (seat.watch?.isSilent(nowMs) === true) this.#kill(seat, 'does not answer')
    }
  }

  #kill({ number, worker }: Seat, why: string): void {
    this.#options.log.error(`worker ${number} ${why}, and is killed`)
    worker?.process.kill('SIGKILL')
  }

  #onExit(seat: Seat, how: string): void {
    seat.worker = undefined
    if (this.#isClosing) return
    const { clock, log } = this.#options
    const livedMs = clock.now() - seat.startedMs
    const waitMs = livedMs >= SHORT_LIFE_MS ? 0 : seat.restartMs
    seat.restartMs = livedMs >= SHORT_LIFE_MS ? MIN_RESTART_MS : Math.min(seat.restartMs * 2, MAX_RESTART_MS)
    log.error(`worker ${seat.number} ended by ${how}; its clients are lost, and it is started again`)
    clock.after(waitMs, () => this.#restart(seat))
  }

  #restart(seat: Seat): void {
    if (this.#isClosing) return
    const serving = this.#start(seat).then((link) => this.#openSeat(seat, link))
    serving.catch((error: Error) => {
      this.#options.log.error(`worker ${seat.number} could not start: ${error.message}`)
      seat.worker?.process.kill()
    })
  }
}
