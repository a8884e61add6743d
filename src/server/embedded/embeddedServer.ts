import { EventEmitter } from 'node:events'
import type { LoadedConfig } from '../../config/loadConfig.ts'
import { formatListenAddress } from '../../config/networkTypes.ts'
import type { PublishBus, PublishOutcome } from '../../edges/bus.ts'
import { HoldfastError } from '../../errors.ts'
import { parsePublishItem } from '../../grip/publishItem.ts'
import { type JoinedParts, type RunningServer, startEmbedded } from '../../server.ts'
import type { IngressCounts } from '../../stats/counters.ts'
import { fixedRoutes } from '../routeSource.ts'
import { logOf } from './logOf.ts'
import { ProgramOrigins } from './programOrigins.ts'
import {
  composeItem,
  encodeItem,
  type FormatsInput,
  type ItemInput,
  type ItemOptions,
} from './publishInput.ts'
import { parseRouteInputs } from './routeInput.ts'
import { type ServerEvents, tellEvents, tellWarnings } from './serverEvents.ts'
import { type CreateServerOptions, type ListenPlace, listeningAt, loadSettings } from './serverSettings.ts'

/**
 * A GRIP proxy inside a program: one process, no signals, nothing shared with other servers in it.
 *
 *     new --listen--> starting --ports open--> listening --close--> closing --> closed
 *                     starting --failed--> new
 */
export class HoldfastServer extends EventEmitter<ServerEvents> {
  readonly #options: CreateServerOptions
  readonly #loaded: LoadedConfig
  readonly #origins: ProgramOrigins
  #state: 'new' | 'starting' | 'listening' | 'closing' | 'closed' = 'new'
  #starting: Promise<RunningServer> | undefined
  #running: RunningServer | undefined
  #bus: PublishBus | undefined
  #counts: IngressCounts | undefined
  #closed: Promise<void> | undefined

  constructor(options: CreateServerOptions) {
    super()
    this.#options = options
    this.#loaded = loadSettings(options)
    this.#origins = new ProgramOrigins(this.#loaded.config.proxy.originTimeoutSeconds * 1000)
  }

  /** The port where clients connect; undefined before `listen`, and for a unix socket. */
  get port(): number | undefined {
    return this.#running?.clientAddresses[0]?.port
  }

  /** Where clients connect, such as `http://127.0.0.1:7999`; undefined as `port` is. */
  get url(): string | undefined {
    return urlOf(this.#running?.clientAddresses[0])
  }

  /** The control API, such as `http://127.0.0.1:5561`; undefined where it is off. */
  get controlUrl(): string | undefined {
    return urlOf(this.#running?.controlAddress)
  }

  /**
   * Takes clients, by default on a free port of 127.0.0.1, and resolves when they can come. Rejects with LISTEN_FAILED, and with
   * ROUTE_INVALID or KEY_INVALID where a route is not usable.
   */
  async listen(place: ListenPlace = 0): Promise<this> {
    if (this.#state !== 'new')
      throw new HoldfastError('LISTEN_FAILED', `cannot listen: ${WHY_NOT[this.#state]}`)
    this.#state = 'starting'
    this.#starting = this.#start(place)
    try {
      this.#running = await this.#starting
    } catch (error) {
      await this.#origins.close()
      if (this.#state === 'starting') this.#state = 'new'
      throw error
    }
    if (this.#state === 'starting') this.#state = 'listening'
    return this
  }

  /**
   * Publishes, and resolves to how many clients were reached. Rejects with ITEM_INVALID, in which case nothing is published, and with BUS_UNAVAILABLE while the server does not listen.
   */
  publish(
    channel: string,
    formats: FormatsInput | string | Uint8Array,
    options?: ItemOptions,
  ): Promise<PublishOutcome>
  publish(items: readonly ItemInput[]): Promise<readonly PublishOutcome[]>
  async publish(
    what: string | readonly ItemInput[],
    formats: FormatsInput | string | Uint8Array = {},
    options: ItemOptions = {},
  ): Promise<PublishOutcome | readonly PublishOutcome[]> {
    if (typeof what !== 'string') return this.#publish(what)
    const [outcome] = await this.#publish([composeItem(what, formats, options)])
    return outcome ?? { holds: 0 }
  }

  /** Lets the clients go and closes everything; resolves when nothing is left. May be called at any time, and again. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #start(place: ListenPlace): Promise<RunningServer> {
    const { log: given } = this.#options
    const { routes, warnings } = await parseRouteInputs(this.#options, (added) => this.#origins.place(added))
    const config = listeningAt(this.#loaded.config, place)
    return startEmbedded(
      {
        config,
        log: tellWarnings(this, logOf(given)),
        warnings: [...this.#loaded.warnings, ...warnings],
      },
      { routes: fixedRoutes(routes), origins: this.#origins.origins, join: (parts) => this.#join(parts) },
    )
  }

  #join({ hub, bus, stats }: JoinedParts): void {
    this.#bus = bus
    this.#counts = stats.counters.received.embedded
    tellEvents(this, { hub, stats })
  }

  async #publish(inputs: readonly ItemInput[]): Promise<readonly PublishOutcome[]> {
    const [bus, counts] = [this.#bus, this.#counts]
    if (this.#state !== 'listening' || bus === undefined || counts === undefined) {
      throw new HoldfastError('BUS_UNAVAILABLE', 'cannot publish: the server does not listen')
    }
    const items = inputs.map((input) => parsePublishItem(encodeItem(input)))
    const outcomes = await bus.publish(items)
    counts.accepted += items.length
    return outcomes
  }

  async #close(): Promise<void> {
    this.#state = 'closing'
    // A start that fails is told to who asked for it.
    const running = await this.#starting?.catch(() => undefined)
    await running?.stop()
    await this.#origins.close()
    this.#state = 'closed'
    this.emit('close')
  }
}

const WHY_NOT = {
  starting: 'the server is starting',
  listening: 'the server listens already',
  closing: 'the server is closing',
  closed: 'the server has closed',
} as const

/**
 * Creates a server inside the program; nothing is opened before its `listen`. Throws CONFIG_INVALID, with every fault, where the
 * options are not usable.
 *
 * @example
 * ```ts
 * const server = createServer({
 *   origin: () => new Response(': welcome\n\n', {
 *     headers: { 'Content-Type': 'text/event-stream', 'Grip-Hold': 'stream', 'Grip-Channel': 'news' },
 *   }),
 * })
 * await server.listen()
 * await server.publish('news', { 'http-stream': { content: 'data: hello\n\n' } })
 * await server.close()
 * ```
 */
export function createServer(options: CreateServerOptions): HoldfastServer {
  return new HoldfastServer(options)
}

function urlOf(address: { readonly address: string; readonly port: number } | undefined): string | undefined {
  return address && `http://${formatListenAddress({ host: address.address, port: address.port })}`
}
