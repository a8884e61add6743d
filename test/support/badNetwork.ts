import { afterAll, beforeAll } from 'vitest'
import { DEFAULT_CERTIFICATE } from './certificates.ts'
import { FaultProxy, type Faults } from './faultProxy.ts'
import { freePort } from './freePort.ts'
import { type HeldClient, type HeldKind, type Origins, startOrigins } from './heldKinds.ts'
import { publishCounted } from './publish.ts'
import { type Running, startTarget } from './target.ts'

/** A server whose clients and origins are all behind proxies that break. */
export class BadNetwork {
  origins!: Origins
  server!: Running
  #plainFront!: FaultProxy
  #tlsFront!: FaultProxy
  #beforeHttp!: FaultProxy
  #beforeSockets!: FaultProxy

  /** Between the clients and the server. */
  get front(): readonly FaultProxy[] {
    return [this.#plainFront, this.#tlsFront]
  }

  /** Between the server and its origins. */
  get behind(): readonly FaultProxy[] {
    return [this.#beforeHttp, this.#beforeSockets]
  }

  get all(): readonly FaultProxy[] {
    return [...this.front, ...this.behind]
  }

  async start(runner: Readonly<Record<string, number>>): Promise<void> {
    this.origins = await startOrigins()
    this.#beforeHttp = await FaultProxy.start(this.origins.http.port)
    this.#beforeSockets = await FaultProxy.start(this.origins.socket.port)
    const tlsPort = await freePort()
    this.server = await startTarget({
      routes: [
        `*,path_beg=/native 127.0.0.1:${this.#beforeSockets.port}`,
        `*,path_beg=/http 127.0.0.1:${this.#beforeSockets.port},over_http`,
        `* 127.0.0.1:${this.#beforeHttp.port}`,
      ],
      conf: { runner: { https_ports: `127.0.0.1:${tlsPort}`, ...runner }, proxy: { origin_timeout: 1 } },
      files: {
        [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
        [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
      },
    })
    this.#plainFront = await FaultProxy.start(this.server.port)
    this.#tlsFront = await FaultProxy.start(tlsPort)
  }

  async stop(): Promise<void> {
    for (const proxy of this.all) proxy?.resetAll()
    await this.server?.stop()
    for (const proxy of this.all) await proxy?.stop()
    await this.origins?.http.stop()
    await this.origins?.socket.stop()
  }

  /** Asks for a hold on the channel, through the proxy before the server. */
  open(kind: HeldKind, channel: string, body?: string): Promise<HeldClient> {
    const { port } = kind.isTls ? this.#tlsFront : this.#plainFront
    return kind.open(port, this.origins, { channel, body })
  }

  /** Says what is done to connections of these proxies that begin from now on. */
  setFaults(faults: Faults, proxies: readonly FaultProxy[]): void {
    for (const proxy of proxies) proxy.faults = faults
  }

  /** How many are held on the channel, whatever they are. */
  async holdersOf(channel: string): Promise<number> {
    const formats = {
      'http-stream': { content: '' },
      'http-response': { body: '' },
      'ws-message': { type: 'ping' },
    }
    const [item] = await publishCounted(this.server.controlPort, [{ channel, formats }])
    return item!.holds
  }
}

/** Starts one before the tests of a file, and ends it after them; `runner` are options of the server. */
export function useBadNetwork(runner: Readonly<Record<string, number>> = {}): BadNetwork {
  const network = new BadNetwork()
  beforeAll(() => network.start(runner))
  afterAll(() => network.stop())
  return network
}

/** An item for holds of every kind. */
export function itemFor(channel: string, text: string): Record<string, unknown> {
  return {
    channel,
    formats: {
      'http-response': { body: text },
      'http-stream': { content: text },
      'ws-message': { content: text },
    },
  }
}
