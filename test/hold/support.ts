import { localFeed } from '../../src/cluster/localFeed.ts'
import type { ClientResponse, ClientStream } from '../../src/edges/client.ts'
import type { Instruct } from '../../src/grip/instruct.ts'
import type { HoldEnvironment } from '../../src/hold/holdEnvironment.ts'
import type { LinkSource } from '../../src/hold/linkSource.ts'
import type { RetryableRequest } from '../../src/hold/responseHold.ts'
import type { HeldClient, StreamOrigin } from '../../src/hold/streamHold.ts'
import { Updates } from '../../src/hold/updates.ts'
import type { HubOptions } from '../../src/hub/hub.ts'
import { TimerWheel } from '../../src/util/timerWheel.ts'
import { createTestHub } from '../hub/support.ts'
import { createTestConnections, openTestConnection } from '../support/connections.ts'
import type { FakeClock } from '../support/fakeClock.ts'
import type { LinesLog } from '../support/linesLog.ts'

export const TICK_MS = 100

/** A hold environment on a fake clock. */
export interface TestEnvironment extends HoldEnvironment {
  readonly clock: FakeClock
  readonly log: LinesLog
  /** Lets time pass, with the wheel turning. */
  pass(ms: number): void
}

export function createTestEnvironment(
  more: Partial<HoldEnvironment> = {},
  hubOptions: Partial<HubOptions> = {},
): TestEnvironment {
  const { hub, clock, log, counters } = createTestHub(undefined, hubOptions)
  const wheel = new TimerWheel({ tickMs: TICK_MS, slotCount: 64, nowMs: clock.now() })
  clock.every(TICK_MS, () => wheel.advance(clock.now()))
  return {
    hub,
    clock,
    log,
    counters,
    connections: createTestConnections(),
    wheel,
    updates: new Updates(clock),
    feed: localFeed,
    clientSendBufferBytes: 1000,
    channelLimits: { maxNameLength: 4096, maxChannels: 1_000_000 },
    holds: new Set(),
    isDraining: false,
    ...more,
    pass: (ms) => clock.advance(ms),
  } as TestEnvironment
}

/** Instructions to hold that say nothing more. */
export function instructOf(more: Partial<Instruct> = {}): Instruct {
  return {
    holdMode: 'stream',
    channels: [],
    timeoutSeconds: 20,
    keepAlive: undefined,
    meta: undefined,
    nextLink: undefined,
    goneLink: undefined,
    response: { status: 200, reason: 'OK', headers: [], body: Buffer.alloc(0) },
    ...more,
  }
}

/** A request whose origin is not to be asked again. */
export function requestOf(response: ClientResponse, more: Partial<RetryableRequest> = {}): RetryableRequest {
  return {
    connection: openTestConnection(),
    peerAddress: '192.0.2.1',
    response,
    prefix: '',
    lane: 'route',
    newestIds: undefined,
    debug: false,
    filterNetwork: () => unexpected('a filter asks somebody'),
    fail: (text) => unexpected(`failed: ${text}`),
    tellGone: (url) => unexpected(`gone: ${url}`),
    retry: () => unexpected('a retry'),
    ...more,
  }
}

/** A client that a stream is held for. */
export function clientOf(stream: ClientStream): HeldClient {
  return { stream, connection: openTestConnection() }
}

/** What a stream came from, where its links are not to be fetched. */
export function originOf(more: Partial<StreamOrigin> = {}): StreamOrigin {
  const links: LinkSource = {
    lane: 'route',
    prefix: '',
    fetch: (url) => unexpected(`fetched: ${url}`),
    tellGone: (url) => unexpected(`gone: ${url}`),
  }
  return {
    links,
    filterNetwork: () => unexpected('a filter asks somebody'),
    debug: false,
    faultOf: () => undefined,
    channelsOf: ({ channels }) => channels,
    ...more,
  }
}

function unexpected(what: string): never {
  throw new Error(`unexpected: ${what}`)
}
