import type { AddressInfo } from 'node:net'
import { isAbsolute, relative } from 'node:path'
import { LocalBus } from './cluster/localBus.ts'
import { LocalDirectory } from './cluster/localDirectory.ts'
import type { Config } from './config/config.ts'
import type { PublishBus } from './edges/bus.ts'
import type { Clock } from './edges/clock.ts'
import type { Log } from './edges/log.ts'
import type { LocalOrigin } from './edges/originSocket.ts'
import type { Hub } from './hub/hub.ts'
import { ClientSide } from './server/clientSide.ts'
import { ROUTES_CHANGED } from './server/configuredRoutes.ts'
import { ControlSide } from './server/controlSide.ts'
import { createHub } from './server/createHub.ts'
import { Observation } from './server/observation.ts'
import { createPublishPath, type PublishPath } from './server/publishPath.ts'
import { createRouteTargets } from './server/routeChoice.ts'
import type { RouteSource } from './server/routeSource.ts'
import { checkTakeover, warnOfRest } from './server/takeover.ts'
import type { Stats } from './stats/stats.ts'
import { systemClock } from './systemClock.ts'
import { type GivenSocket, GivenSockets } from './util/givenSockets.ts'

/** What a server is started with. */
export interface ServerOptions {
  readonly config: Config
  readonly log: Log
  /** What the configuration's author should know; logged when the log is there. */
  readonly warnings?: readonly string[]
  /** Listening sockets that take the place of those configured for the same addresses. */
  readonly sockets?: readonly GivenSocket[]
}

/** What a program brings that runs a server inside itself. */
export interface Embedding {
  /** In the place of those that the configuration names. */
  readonly routes: RouteSource
  /** Origins of the program, by the name that targets call them. */
  readonly origins: ReadonlyMap<string, LocalOrigin>
  /** Gets what it publishes by and is told by, before any client is taken. */
  readonly join: (parts: JoinedParts) => void
}

/** The parts of a server that its program works with. */
export interface JoinedParts {
  readonly hub: Hub
  readonly bus: PublishBus
  readonly stats: Stats
}

/** A server that takes clients and publishers. */
export interface RunningServer {
  /** Where clients connect, in the order configured. */
  readonly clientAddresses: readonly AddressInfo[]
  /** Where publishers connect; undefined when the control port is off. */
  readonly controlAddress: AddressInfo | undefined
  /** The listening sockets, for a process that is to take this one's place. Throws TAKEOVER_FAILED when one cannot. */
  sockets(): readonly GivenSocket[]
  /** Reads the routes anew; held connections stay as they are. */
  reload(): void
  /** Takes no further client, lets the held ones go, and resolves when all is closed. */
  stop(): Promise<void>
}

/** Starts what the configuration asks for. Throws LISTEN_FAILED when a port cannot be had, and NATS_UNAVAILABLE. */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  return start(new Server(options))
}

/** Starts a server that is a part of a program. Throws LISTEN_FAILED and NATS_UNAVAILABLE. */
export function startEmbedded(options: ServerOptions, embedding: Embedding): Promise<RunningServer> {
  return start(new Server(options, embedding))
}

async function start(server: Server): Promise<RunningServer> {
  try {
    await server.listen()
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

/** Joins the parts in one process, and runs them. */
class Server implements RunningServer {
  readonly #config: Config
  readonly #warnings: readonly string[]
  readonly #given: GivenSockets
  readonly #log: Log
  readonly #clock: Clock = systemClock
  readonly #observation: Observation
  readonly #path: PublishPath
  readonly #clients: ClientSide
  readonly #control: ControlSide
  #clientAddresses: readonly AddressInfo[] = []
  #isListening = false

  constructor({ config, log: givenLog, warnings = [], sockets }: ServerOptions, embedding?: Embedding) {
    this.#config = config
    this.#warnings = warnings
    this.#given = new GivenSockets(sockets)
    const clock = this.#clock
    this.#observation = new Observation(config, { log: givenLog, clock })
    const { log, stats } = this.#observation
    this.#log = log
    const { counters, connections } = stats
    const hub = createHub(config, { clock, log, counters }, { source: 'publishers', share: 1 })
    const localDirectory = new LocalDirectory({ hub, connections, clock })
    const localBus = new LocalBus(hub)
    const facts = {
      status: async () =>
        this.#observation.status({
          channelCount: hub.channelCount,
          isDraining: this.#clients.holds.isDraining,
        }),
      errors: async () => this.#observation.errors(),
    }
    this.#path = createPublishPath(config, { clock, log, localBus, sink: hub, localDirectory, facts })
    const { bus, feed, directory } = this.#path
    const onRoutesChanged = (): void => this.#clients.reload(ROUTES_CHANGED)
    this.#clients = new ClientSide({
      config,
      clock,
      log,
      stats,
      hub,
      feed,
      bus,
      onRoutesChanged,
      routes: embedding?.routes,
      origins: embedding?.origins,
    })
    embedding?.join({ hub, bus, stats })
    const { holds } = this.#clients
    const channels = { observe: hub.observe.bind(hub), recover: this.#path.recover }
    const admin = this.#observation.adminTargets({
      holds,
      bus,
      directory,
      facts,
      askNodes: this.#path.askNodes,
      routes: createRouteTargets({ config, book: this.#clients.routes }),
      isListening: () => this.#isListening,
      reload: () => this.reload(),
    })
    this.#control = new ControlSide({
      config,
      clock,
      log,
      counters,
      bus,
      channels,
      directory,
      admin,
      clientAddresses: () => this.#clientAddresses,
    })
  }

  get clientAddresses(): readonly AddressInfo[] {
    return this.#clientAddresses
  }

  get controlAddress(): AddressInfo | undefined {
    return this.#control.address
  }

  sockets(): readonly GivenSocket[] {
    checkTakeover(this.#config)
    return [...this.#clients.sockets, ...this.#control.sockets]
  }

  async listen(): Promise<void> {
    for (const warning of this.#warnings) this.#log.warn(warning)
    const { configFile, demo } = this.#config
    if (configFile !== undefined) this.#log.info(`configuration: ${shownPath(configFile)}`)
    await this.#path.open()
    await this.#observation.listen(this.#clients.holds)
    await this.#control.open(this.#given)
    // Clients come last: what cannot be had of the rest must not end a server that has taken some already.
    this.#clientAddresses = await this.#clients.open(this.#given)
    warnOfRest(this.#given, this.#log)
    if (demo) this.#log.info(`no configuration: serving the demo${this.#demoPlace()}`)
    this.#isListening = true
    this.#log.info('started')
  }

  reload(): void {
    this.#clients.reload()
  }

  async stop(): Promise<void> {
    this.#log.info(`stopping... ${this.#clients.holds.holds.size} clients held`)
    await this.close()
    this.#log.info('stopped')
  }

  /** Stops without a word, for a server that has not started. */
  async close(): Promise<void> {
    await this.#clients.drain()
    await this.#control.close()
    await this.#observation.close()
    await this.#path.close()
    await this.#clients.close()
  }

  #demoPlace(): string {
    const [address] = this.clientAddresses
    return address === undefined ? '' : `; open http://localhost:${address.port}`
  }
}

/** Shows a path as one types it in the working directory where it is below that. */
function shownPath(path: string): string {
  const shown = relative(process.cwd(), path)
  return shown.startsWith('..') || isAbsolute(shown) ? path : `./${shown}`
}
