import type { Config } from '../config/config.ts'
import type { PublishBus } from '../edges/bus.ts'
import type { Clock } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import { openCommandSocket } from '../ingress/commandSocket/commandSocket.ts'
import type { Commands } from '../ingress/commands.ts'
import { openPullSocket } from '../ingress/zeroMq/pullSocket.ts'
import { openSubSocket } from '../ingress/zeroMq/subSocket.ts'
import type { Counters } from '../stats/counters.ts'
import type { ZeroMq } from '../zeroMq/loadZeroMq.ts'
import type { ChannelBook } from './channelBook.ts'
import { loadConfiguredZeroMq } from './configuredZeroMq.ts'

/** What the sockets are joined to. */
export interface ZeroMqParts {
  readonly bus: PublishBus
  readonly channels: Pick<ChannelBook, 'observe'>
  readonly commands: Commands
  readonly counters: Counters
  readonly clock: Clock
  readonly log: Log
}

interface Closable {
  close(): Promise<void>
}

/** The settings of the sockets that are opened here. */
const KEYS = ['push_in_spec', 'push_in_sub_specs', 'command_spec'] as const

/** The ZeroMQ sockets by which publishers and operators reach a server. */
export class ZeroMqSockets {
  readonly #config: Config
  readonly #handler: Config['handler']
  readonly #parts: ZeroMqParts
  readonly #open: Closable[] = []

  constructor(config: Config, parts: ZeroMqParts) {
    this.#config = config
    this.#handler = config.handler
    this.#parts = parts
  }

  /** Opens those that are configured, as far as they can be had. Throws ZEROMQ_UNAVAILABLE and LISTEN_FAILED. */
  async open(): Promise<void> {
    const { pullSpec, subSpecs, commandSpec } = this.#handler
    const { log } = this.#parts
    const zeroMq = await loadConfiguredZeroMq(this.#config, { keys: KEYS, log })
    if (zeroMq === undefined) return
    if (pullSpec !== undefined) await this.#openPull(zeroMq, pullSpec)
    if (subSpecs.length > 0) await this.#openSub(zeroMq, subSpecs)
    if (commandSpec !== undefined) await this.#openCommands(zeroMq, commandSpec)
  }

  /** Takes nothing more, and publishes what was read. */
  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((socket) => socket.close()))
  }

  async #openPull(zeroMq: ZeroMq, spec: string): Promise<void> {
    const { ipcFileMode } = this.#handler
    const { counters, ...parts } = this.#parts
    const options = { ...parts, spec, ipcFileMode, counts: counters.received.pull }
    this.#open.push(await openPullSocket(zeroMq, options))
    this.#parts.log.info(`ZeroMQ: pulling items at ${spec}`)
  }

  async #openSub(zeroMq: ZeroMq, specs: readonly string[]): Promise<void> {
    const { ipcFileMode, connectsSub: connects } = this.#handler
    const { counters, channels, ...parts } = this.#parts
    const options = { ...parts, specs, connects, ipcFileMode, counts: counters.received.sub }
    const socket = await openSubSocket(zeroMq, options)
    this.#open.push(socket)
    channels.observe(socket)
    const places = connects ? specs.join(', ') : specs[0]
    this.#parts.log.info(`ZeroMQ: ${connects ? 'subscribing to' : 'subscribing at'} ${places}`)
  }

  async #openCommands(zeroMq: ZeroMq, spec: string): Promise<void> {
    const { ipcFileMode } = this.#handler
    const { counters, commands, log } = this.#parts
    const counts = counters.received.command
    const options = { commands, log, spec, ipcFileMode, uris: this.#uris(), counts }
    this.#open.push(await openCommandSocket(zeroMq, options))
    this.#parts.log.info(`ZeroMQ: taking commands at ${spec}`)
  }

  /** As configured, wildcards included; clients put in the host that they reached. Pushpin: `get-zmq-uris`. */
  #uris(): Readonly<Record<string, string>> {
    const { commandSpec, pullSpec, subSpecs, connectsSub } = this.#handler
    const named = {
      command: commandSpec,
      'publish-pull': pullSpec,
      'publish-sub': connectsSub ? undefined : subSpecs[0],
    }
    return Object.fromEntries(
      Object.entries(named).flatMap(([name, uri]) => (uri === undefined ? [] : [[name, uri]])),
    )
  }
}
