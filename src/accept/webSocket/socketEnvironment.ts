import { randomBytes } from 'node:crypto'
import type { Clock } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import type { Counters } from '../../stats/counters.ts'
import type { TimerWheel } from '../../util/timerWheel.ts'
import { FrameReaderPool, type MessageLimits } from './frameReader.ts'
import { PLAIN_FRAMING } from './messageFraming.ts'
import { InflaterPool } from './messageInflation.ts'

/** Bounds and choices of `[runner]` for clients' WebSockets; see `docs/configuration.md`. */
export interface SocketOptions extends MessageLimits {
  /** Silence after which a client is asked whether it is there; 0 never asks. */
  readonly pingIntervalMs: number
  readonly allowsCompression: boolean
}

/** What all clients' WebSockets of a server share. */
export interface SocketEnvironment {
  readonly options: SocketOptions
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly log: Log
  readonly counters: Counters
  readonly ping: OwnPing
  readonly readers: FrameReaderPool
  readonly inflaters: InflaterPool
}

/** Creates what a server's WebSockets share. */
export function createSocketEnvironment(
  parts: Pick<SocketEnvironment, 'options' | 'clock' | 'wheel' | 'log' | 'counters'>,
): SocketEnvironment {
  const { options } = parts
  return {
    ...parts,
    ping: new OwnPing(),
    readers: new FrameReaderPool(options),
    inflaters: new InflaterPool(options.maxMessageBytes),
  }
}

/** The ping that asks silent clients: one for all of them, with a content by which its answers are told from those to others. */
export class OwnPing {
  readonly frame: Buffer
  readonly #content = Buffer.from(`holdfast ${randomBytes(6).toString('hex')}`)

  constructor() {
    this.frame = PLAIN_FRAMING.frame('ping', this.#content)
  }

  /** Tells whether a pong answers it. */
  isAnsweredBy(content: Buffer): boolean {
    return content.equals(this.#content)
  }
}
