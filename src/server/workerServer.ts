import type { Duplex } from 'node:stream'
import { LocalDirectory } from '../cluster/localDirectory.ts'
import { PrimaryLink } from '../cluster/workers/primaryLink.ts'
import { answerDirectoryQuestion } from '../cluster/workers/remoteDirectory.ts'
import type { Config } from '../config/config.ts'
import type { Log } from '../edges/log.ts'
import type { MatchQuery } from '../ingress/admin/adminQuery.ts'
import type { RouteTargets } from '../ingress/admin/adminTargets.ts'
import type { PacketSink } from '../stats/feeds/packet.ts'
import { systemClock } from '../systemClock.ts'
import { type GivenSocket, GivenSockets } from '../util/givenSockets.ts'
import { ClientSide } from './clientSide.ts'
import { createHub } from './createHub.ts'
import { Observation } from './observation.ts'
import { createRouteTargets } from './routeChoice.ts'
import { WORKER } from './workerMessages.ts'
import { WorkerPeers, type WorkerPlace } from './workerPeers.ts'

/** What a worker is started with. */
export interface WorkerServerOptions {
  readonly config: Config
  readonly log: Log
  /** The connection to the primary. */
  readonly primary: Duplex
  /** The part of all clients that is this worker's. */
  readonly share: number
  readonly place: WorkerPlace
  readonly onPrimaryGone: () => void
  /** Listening sockets of the primary on which clients may be taken. */
  readonly sockets: readonly GivenSocket[]
}

/** What serves clients in a worker process; it begins, and ends, when the primary says so. */
export class WorkerServer {
  readonly #clients: ClientSide
  readonly #sockets: readonly GivenSocket[]
  readonly #observation: Observation
  readonly #link: PrimaryLink
  readonly #directory: LocalDirectory
  readonly #routes: RouteTargets
  #draining: Promise<void> | undefined

  constructor(options: WorkerServerOptions) {
    const { config, log: givenLog, primary, share, place, onPrimaryGone } = options
    this.#sockets = options.sockets
    const clock = systemClock
    this.#observation = new Observation(config, { log: givenLog, clock })
    const { log, stats } = this.#observation
    const { counters, connections } = stats
    const hub = createHub(config, { clock, log, counters }, { source: 'primary', share })
    this.#link = new PrimaryLink(primary, { hub, log, onClose: onPrimaryGone })
    const [feed, bus] = [this.#link, this.#link]
    const peers = new WorkerPeers(place, config)
    this.#clients = new ClientSide({ config, clock, log, stats, hub, feed, bus, peers })
    this.#directory = new LocalDirectory({ hub, connections, clock })
    this.#routes = createRouteTargets({ config, book: this.#clients.routes })
    if (config.handler.statsSpec !== undefined) {
      const tell: PacketSink = (type, fields) => this.#link.tell(WORKER.packet, { type, fields })
      this.#observation.publishStats(hub, tell, { isWorker: true })
    }
    this.#link.answerBy((question, argument) => this.#answer(question, argument))
  }

  /** Lets the held clients go, and resolves when all is closed. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain()
    return this.#draining
  }

  async #drain(): Promise<void> {
    await this.#clients.drain()
    await this.#observation.close()
    await this.#clients.close()
  }

  async #answer(question: string, argument: unknown): Promise<unknown> {
    const { holds } = this.#clients
    switch (question) {
      case WORKER.meet:
        return this.#clients.openToPeers()
      case WORKER.ping:
        return undefined
      case WORKER.open:
        return this.#clients.open(new GivenSockets(this.#sockets))
      case WORKER.drain:
        return this.drain()
      case WORKER.reload:
        return this.#clients.reload('reloading routes')
      case WORKER.status:
        return this.#observation.status({
          channelCount: holds.hub.channelCount,
          isDraining: holds.isDraining,
        })
      case WORKER.errors:
        return this.#observation.errors()
      case WORKER.routes:
        return this.#routes.list()
      case WORKER.matchRoute:
        return this.#routes.match(argument as MatchQuery)
      case WORKER.metrics:
        return this.#observation.metrics(NO_CHANNELS, String(argument))
      default:
        return answerDirectoryQuestion(this.#directory, question, argument)
    }
  }
}

/** The primary counts channels: one may be held in several workers. */
const NO_CHANNELS = { channelCount: 0 }
