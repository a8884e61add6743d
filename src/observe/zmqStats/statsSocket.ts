import type { Log } from '../../edges/log.ts'
import type { PacketFields, PacketType } from '../../stats/feeds/packet.ts'
import { bindSocket } from '../../zeroMq/bindSocket.ts'
import type { Publisher, ZeroMq } from '../../zeroMq/loadZeroMq.ts'
import { encodePacket, type StatsFormat } from './encodePacket.ts'

/** Where the socket is bound, and how packets are written. */
export interface StatsSocketOptions {
  readonly spec: string
  readonly ipcFileMode: number | undefined
  readonly format: StatsFormat
  /** Names this instance in every packet. */
  readonly from: string
  readonly log: Log
}

/** Packets that may wait for a slow consumer; more are lost to it. Pushpin: operations.md §1.1. */
const HIGH_WATER_MARK = 200_000

/** The socket on which statistics are published. Pushpin: `stats_spec`. */
export class StatsSocket {
  readonly #socket: Publisher
  readonly #options: StatsSocketOptions
  #isFaultLogged = false

  private constructor(socket: Publisher, options: StatsSocketOptions) {
    this.#socket = socket
    this.#options = options
  }

  /** Binds the socket. Throws LISTEN_FAILED. */
  static async open({ Publisher }: ZeroMq, options: StatsSocketOptions): Promise<StatsSocket> {
    const socket = new Publisher({ sendHighWaterMark: HIGH_WATER_MARK, linger: 0, sendTimeout: 0 })
    try {
      await bindSocket(socket, options.spec, options)
    } catch (error) {
      socket.close()
      throw error
    }
    return new StatsSocket(socket, options)
  }

  /** Sends a packet at once or not at all: statistics are soft state, and what is lost is told again. */
  send(type: PacketType, fields: PacketFields): void {
    if (this.#socket.closed) return
    const { from, format } = this.#options
    this.#socket.send(encodePacket(type, { from, ...fields }, format)).catch((error: unknown) => {
      if (this.#isFaultLogged) return
      this.#isFaultLogged = true
      this.#options.log.warn('ZeroMQ: a stats packet was not sent; further ones are not reported', { error })
    })
  }

  close(): void {
    this.#socket.close()
  }
}
