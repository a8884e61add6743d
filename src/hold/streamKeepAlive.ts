import type { ClientStream } from '../edges/client.ts'
import type { KeepAlive } from '../grip/instruct.ts'
import type { RouteTraffic } from '../stats/routeTraffic.ts'
import type { HoldEnvironment } from './holdEnvironment.ts'
import { KeepAliveTimer } from './keepAliveTimer.ts'
import { writeFramed } from './writeFramed.ts'

/** The client that is kept, and where that is counted. */
interface KeptClient {
  readonly stream: ClientStream
  readonly traffic: RouteTraffic
}

/** Writes keep-alive bytes to a held stream. GRIP: Grip-Keep-Alive. */
export class StreamKeepAlive extends KeepAliveTimer {
  readonly #client: KeptClient
  readonly #data: Buffer

  constructor(environment: HoldEnvironment, client: KeptClient, keepAlive: KeepAlive) {
    super(environment, keepAlive)
    this.#client = client
    this.#data = keepAlive.data
  }

  protected override get bytesQueued(): number {
    return this.#client.stream.bytesQueued
  }

  protected override send(): void {
    const { stream, traffic } = this.#client
    traffic.activity++
    traffic.clientContentBytesSent += this.#data.length
    writeFramed(stream, this.#data)
  }
}
