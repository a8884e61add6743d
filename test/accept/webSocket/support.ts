import { onTestFinished } from 'vitest'
import {
  createSocketEnvironment,
  type SocketEnvironment,
  type SocketOptions,
} from '../../../src/accept/webSocket/socketEnvironment.ts'
import type { ClientSocket } from '../../../src/edges/socket.ts'
import { createCounters } from '../../../src/stats/counters.ts'
import type { ResponseHead } from '../../../src/util/headers.ts'
import { TimerWheel } from '../../../src/util/timerWheel.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { type FrameClient, sendHandshake } from '../../support/frameClient.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { RecordingOwner } from '../../support/recordingOwner.ts'
import { startListener, type TestListener } from '../support.ts'

const TICK_MS = 100

/** What sockets share, on a clock that a test moves by hand. */
export interface TestSockets extends SocketEnvironment {
  readonly clock: FakeClock
  readonly log: LinesLog
}

export function createTestSockets(options: Partial<SocketOptions> = {}): TestSockets {
  const clock = new FakeClock()
  const wheel = new TimerWheel({ tickMs: TICK_MS, slotCount: 64, nowMs: clock.now() })
  clock.every(TICK_MS, () => wheel.advance(clock.now()))
  const log = new LinesLog()
  const environment = createSocketEnvironment({
    options: {
      maxMessageBytes: 1024 * 1024,
      maxFragments: 1000,
      pingIntervalMs: 30_000,
      allowsCompression: true,
      ...options,
    },
    clock,
    wheel,
    log,
    counters: createCounters(),
  })
  return { ...environment, clock, log }
}

/** Opens a client's WebSocket on a real connection; `sockets` are what it shares with others. */
export async function openPair(
  options: Partial<SocketOptions> = {},
  handshake: Parameters<typeof sendHandshake>[1] = {},
): Promise<OpenPair> {
  const sockets = createTestSockets(options)
  const listener = await startListener(() => {}, { sockets })
  const client = await sendHandshake(listener.port, handshake)
  onTestFinished(() => client.destroy())
  const socket = (await listener.handshake()).handshake.accept(SWITCHING)
  await client.answered()
  return { socket, client, sockets, listener, owner: new RecordingOwner() }
}

/** A client with our end of its WebSocket, which has no owner yet. */
export interface OpenPair {
  readonly socket: ClientSocket
  readonly client: FrameClient
  readonly sockets: TestSockets
  readonly listener: TestListener
  /** To be set by the test. */
  readonly owner: RecordingOwner
}

/** What an origin says that accepts. */
export const SWITCHING: ResponseHead = { status: 101, reason: 'Switching Protocols', headers: [] }

/** Asks for compression as browsers do. */
export const DEFLATE_OFFER = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n'
