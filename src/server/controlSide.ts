import type { AddressInfo } from 'node:net'
import type { Config } from '../config/config.ts'
import { formatListenAddress } from '../config/networkTypes.ts'
import type { PublishBus } from '../edges/bus.ts'
import type { Clock } from '../edges/clock.ts'
import type { HoldDirectory } from '../edges/directory.ts'
import type { Log } from '../edges/log.ts'
import type { AdminTargets } from '../ingress/admin/adminTargets.ts'
import { createAccess } from '../ingress/auth/access.ts'
import { createCommands } from '../ingress/commands.ts'
import { createHttpApi, type HttpApi } from '../ingress/httpApi.ts'
import type { Counters } from '../stats/counters.ts'
import type { GivenSocket, GivenSockets } from '../util/givenSockets.ts'
import type { ChannelBook } from './channelBook.ts'
import { ClientTrials } from './clientTrials.ts'
import { ZeroMqSockets } from './zeroMqSockets.ts'

/** What publishers and operators are served with. */
export interface ControlSideOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly bus: PublishBus
  readonly channels: ChannelBook
  readonly directory: HoldDirectory
  readonly admin: AdminTargets
  /** Where clients connect, once the ports are open. */
  readonly clientAddresses: () => readonly AddressInfo[]
}

/** All that serves publishers and operators: the control port and the ZeroMQ sockets. */
export class ControlSide {
  readonly #options: ControlSideOptions
  readonly #api: HttpApi
  readonly #zeroMq: ZeroMqSockets
  readonly #trials: ClientTrials

  constructor(options: ControlSideOptions) {
    const { config, counters, bus, channels, directory, log, clock, admin } = options
    this.#options = options
    this.#trials = new ClientTrials({ config, clock, clientAddresses: options.clientAddresses })
    const commands = createCommands({ bus, recover: () => channels.recover(), directory })
    this.#api = createHttpApi({
      bus,
      counts: counters.received.http,
      access: createAccess(config.control),
      log,
      maxHeadersBytes: config.handler.controlMaxHeadersBytes,
      maxBodyBytes: config.handler.controlMaxBodyBytes,
      commands,
      admin,
      dashboard: config.control.dashboard
        ? { nodes: admin.nodes, clock, openTrial: this.#trials.opener }
        : undefined,
    })
    this.#zeroMq = new ZeroMqSockets(config, { bus, channels, commands, counters, clock, log })
  }

  /** Where publishers connect; undefined when the control port is off. */
  get address(): AddressInfo | undefined {
    return this.#api.address
  }

  /** The control port, for a process that is to take it over. */
  get sockets(): readonly GivenSocket[] {
    const { controlAddress: host, controlPort: port } = this.#options.config.handler
    const { fd } = this.#api
    return port === undefined || fd === undefined ? [] : [{ fd, host, port }]
  }

  /** Opens the control port, or takes the one that was given, and the sockets. Throws LISTEN_FAILED and ZEROMQ_UNAVAILABLE. */
  async open(given: GivenSockets): Promise<void> {
    const { config, log } = this.#options
    const { controlAddress: host, controlPort: port } = config.handler
    if (port !== undefined) {
      const { address, port: opened } = await this.#api.listen({
        host,
        port,
        fd: given.takePort({ host, port }),
      })
      log.info(`http control server: ${formatListenAddress({ host: address, port: opened })}`)
    }
    await this.#zeroMq.open()
  }

  async close(): Promise<void> {
    await this.#api.close()
    await this.#trials.close()
    await this.#zeroMq.close()
  }
}
