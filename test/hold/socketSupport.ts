import type { ChannelControl } from '../../src/grip/controlMessage.ts'
import type { HoldEnvironment } from '../../src/hold/holdEnvironment.ts'
import type { SocketContext } from '../../src/hold/socketHold/socketContext.ts'
import { SocketHold } from '../../src/hold/socketHold.ts'
import type { HubOptions } from '../../src/hub/hub.ts'
import { openTestConnection } from '../support/connections.ts'
import { FakeClientSocket } from '../support/fakeSocket.ts'
import { createTestEnvironment } from './support.ts'

/** What stands behind a held WebSocket, played by the test: keeps what it is told. */
export class FakeContext implements SocketContext {
  readonly prefix = 'p-'
  readonly subscriptionMax = 3
  readonly implicitChannels: readonly string[]
  readonly debug: boolean
  /** What it was told, in words. */
  readonly told: string[] = []
  canRefresh = true

  constructor({ implicitChannels = [], debug = false }: Partial<SocketContext> = {}) {
    this.implicitChannels = implicitChannels
    this.debug = debug
  }

  filterNetwork(): never {
    throw new Error('no filter is to ask somebody')
  }

  onSubscribed(name: string): void {
    this.told.push(`subscribed ${name}`)
  }

  refresh(): boolean {
    this.told.push('refresh')
    return this.canRefresh
  }

  onClientMessage(type: string, content: Buffer): void {
    this.told.push(`${type}:${content}`)
  }

  onClientClose(code: number | undefined, reason: string): void {
    this.told.push(`close ${code} ${reason}`.trim())
  }

  onClientGone(): void {
    this.told.push('gone')
  }

  onClientDrain(): void {
    this.told.push('drain')
  }

  onEnding(code: number | undefined): void {
    this.told.push(`ending ${code}`)
  }

  onBreaking(): void {
    this.told.push('breaking')
  }
}

export interface HoldSetup {
  readonly environment?: Partial<HoldEnvironment>
  readonly hub?: Partial<HubOptions>
  readonly context?: Partial<SocketContext>
}

/** A held WebSocket whose client and origin are played by the test; channels have the prefix `p-`. */
export function holdTestSocket(setup: HoldSetup = {}) {
  const environment = createTestEnvironment(setup.environment, setup.hub)
  const context = new FakeContext(setup.context)
  const socket = new FakeClientSocket()
  const connection = openTestConnection(environment.connections, { kind: 'ws' })
  const hold = new SocketHold(environment, { socket, connection }, context)
  hold.begin()
  const subscribe = (channel: string, more: Partial<ChannelControl> = {}): void =>
    hold.obey({ type: 'subscribe', channel, filters: [], prevId: undefined, ...more } as ChannelControl)
  const { hub, clock, counters, log } = environment
  return { environment, context, socket, connection, hold, subscribe, hub, clock, counters, log }
}
