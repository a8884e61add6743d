import { Dealer, Push, Subscriber, XPublisher } from 'zeromq'
import {
  encodeTnetstring,
  parseTnetstring,
  type TnetInput,
  type TnetValue,
} from '../../src/util/tnetstring.ts'
import { freePort } from './freePort.ts'
import { within } from './waiting.ts'

const PATIENCE_MS = 5000

/** An item as a ZeroMQ message has it. */
export type ItemEncoding = 'bare' | 'T' | 'J'
export const ITEM_ENCODINGS: readonly ItemEncoding[] = ['bare', 'T', 'J']

/** Encodes an item, or what is to be taken for one. */
export function encodeItem(item: unknown, encoding: ItemEncoding): Buffer {
  if (encoding === 'J') return Buffer.from(`J${JSON.stringify(item)}`)
  const bytes = encodeTnetstring(item as TnetInput)
  return encoding === 'T' ? Buffer.concat([Buffer.from('T'), bytes]) : bytes
}

/** Where the ZeroMQ sockets of a server are. */
export interface ZeroMqSpecs {
  readonly pull: string
  readonly sub: string
  readonly command: string
}

/** Picks ports. */
export async function freeSpecs(): Promise<ZeroMqSpecs> {
  const spec = async () => `tcp://127.0.0.1:${await freePort()}`
  return { pull: await spec(), sub: await spec(), command: await spec() }
}

/** The settings that put a server's sockets there. */
export function specSettings({ pull, sub, command }: ZeroMqSpecs): Record<string, string> {
  return { push_in_spec: pull, push_in_sub_specs: sub, command_spec: command }
}

/** A publisher on a PULL socket. */
export class PullPublisher {
  readonly #socket = new Push({ linger: 1000 })

  constructor(spec: string) {
    this.#socket.connect(spec)
  }

  send(...parts: (Buffer | string)[]): Promise<void> {
    return this.#socket.send(parts)
  }

  close(): void {
    this.#socket.close()
  }
}

/** A publisher of channels: it knows who subscribes to what, and says nothing of channels that nobody wants. */
export class ChannelPublisher {
  readonly #socket = new XPublisher({ linger: 1000 })
  /** `+NAME` and `-NAME`, in the order in which they came. */
  readonly changes: string[] = []
  #awaited: (() => void) | undefined
  readonly #done: Promise<void>

  constructor() {
    this.#done = this.#read()
  }

  connect(spec: string): this {
    this.#socket.connect(spec)
    return this
  }

  async bind(): Promise<string> {
    await this.#socket.bind('tcp://127.0.0.1:*')
    return this.#socket.lastEndpoint!
  }

  async send(...parts: (Buffer | string)[]): Promise<void> {
    await this.#socket.send(parts)
  }

  /** Waits until a change is among those that came. */
  async until(change: string, timeoutMs = PATIENCE_MS): Promise<void> {
    const came = async () => {
      while (!this.changes.includes(change)) {
        await new Promise<void>((resolve) => {
          this.#awaited = resolve
        })
      }
    }
    await within(came(), timeoutMs, () => `${change}; came: ${this.changes.join(' ')}`)
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.#done
  }

  async #read(): Promise<void> {
    try {
      for await (const [frame] of this.#socket) {
        this.changes.push(`${frame![0] === 1 ? '+' : '-'}${frame!.subarray(1).toString()}`)
        this.#awaited?.()
      }
    } catch {
      // The socket was closed.
    }
  }
}

/** A program that sends commands; a DEALER, so that a missing reply does not stop it. */
export class Commander {
  readonly #socket = new Dealer({ linger: 0, receiveTimeout: PATIENCE_MS })

  constructor(spec: string) {
    this.#socket.connect(spec)
  }

  send(...parts: (Buffer | string)[]): Promise<void> {
    return this.#socket.send(parts)
  }

  /** Sends frames and answers those that come back. */
  async exchange(...parts: (Buffer | string)[]): Promise<Buffer[]> {
    await this.send(...parts)
    return this.#socket.receive()
  }

  /** Receives a reply to what was sent in an envelope, in words that can be compared. */
  async reply(): Promise<unknown> {
    const [delimiter, reply, ...others] = await this.#socket.receive()
    if (delimiter?.length !== 0 || reply === undefined || others.length > 0) throw new Error('not a reply')
    return readable(parseTnetstring(reply))
  }

  /** Sends a request and answers its reply. */
  async ask(request: TnetInput): Promise<unknown> {
    await this.send('', typeof request === 'string' ? request : encodeTnetstring(request))
    return this.reply()
  }

  call(method: string, args: TnetInput = {}): Promise<unknown> {
    return this.ask({ method, args })
  }

  close(): void {
    this.#socket.close()
  }
}

/** A value with its bytes as text. */
export function readable(value: TnetValue): unknown {
  if (Buffer.isBuffer(value)) return value.toString()
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner as TnetValue)]))
}

/** A packet of statistics: its type and its fields. */
export interface StatsPacket {
  readonly type: string
  readonly format: string
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

/** A consumer of statistics that keeps all that it is sent. */
export class StatsConsumer {
  readonly packets: StatsPacket[] = []
  readonly #socket = new Subscriber({ receiveHighWaterMark: 0 })

  constructor(spec: string, types: readonly string[] = ['']) {
    this.#socket.connect(spec)
    this.#socket.subscribe(...types)
    void this.#read()
  }

  /** The packets of a type so far, whose fields are as given, each less its `from`. */
  of(type: string, fields: Readonly<Record<string, unknown>> = {}): StatsPacket['fields'][] {
    return this.packets
      .filter((packet) => packet.type === type)
      .filter((packet) => Object.entries(fields).every(([name, value]) => packet.fields[name] === value))
      .map(({ fields: { from: _from, ...rest } }) => rest)
  }

  close(): void {
    this.#socket.close()
  }

  async #read(): Promise<void> {
    for await (const [message] of this.#socket) this.packets.push(parsePacket(message as Buffer))
  }
}

function parsePacket(message: Buffer): StatsPacket {
  const blank = message.indexOf(' ')
  const format = message.toString('latin1', blank + 1, blank + 2)
  const payload = message.subarray(blank + 2)
  const fields =
    format === 'J'
      ? JSON.parse(payload.toString())
      : toPlain(parseTnetstring(payload) as Record<string, TnetValue>)
  return { type: message.toString('latin1', 0, blank), format, fields }
}

function toPlain(map: Readonly<Record<string, TnetValue>>): StatsPacket['fields'] {
  return Object.fromEntries(
    Object.entries(map).map(([name, value]) => [name, Buffer.isBuffer(value) ? value.toString() : value]),
  ) as StatsPacket['fields']
}
