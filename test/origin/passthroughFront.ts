import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { OriginTerms } from '../../src/edges/origin.ts'
import type { PassthroughJob, PassthroughOutcome, PassthroughTarget } from '../../src/edges/passthrough.ts'
import { createPassthrough } from '../../src/origin/passthrough.ts'
import { startTcpOrigin } from '../support/origin.ts'
import { RawClient } from '../support/rawClient.ts'
import { eventually } from '../support/waiting.ts'

/** A target of this machine. */
export function targetAt(port: number, more: Partial<PassthroughTarget> = {}): PassthroughTarget {
  return {
    host: '127.0.0.1',
    port,
    tls: false,
    untrusted: false,
    trustConnectHost: false,
    insecure: false,
    clientCert: undefined,
    clientKey: undefined,
    ...more,
  } as PassthroughTarget
}

/** The target behind a unix socket. */
export function targetBehind(socketPath: string, more: Partial<OriginTerms> = {}): PassthroughTarget {
  return { ...targetAt(0, more), socketPath, host: undefined, port: undefined }
}

const NOT_PASSED_ON = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
])

/** A client-facing server that passes everything on; its `outcomes` are what `onDone` said. */
export interface Front {
  readonly port: number
  readonly outcomes: PassthroughOutcome[]
  /** Waits for the n-th outcome; n counts from 1. */
  outcome(n?: number): Promise<PassthroughOutcome>
  stop(): Promise<void>
}

/** Starts a front for these targets, with the limits of a real listener where they matter. */
export async function startFront(
  targets: readonly PassthroughTarget[],
  options: { originTimeoutSeconds?: number; job?: Partial<PassthroughJob> } = {},
): Promise<Front> {
  const ignore = (): void => {}
  const log = {
    error: ignore,
    warn: ignore,
    info: ignore,
    infoAnyway: ignore,
    debug: ignore,
    trace: ignore,
    isEnabled: () => false,
  }
  const passthrough = createPassthrough({ log, originTimeoutSeconds: options.originTimeoutSeconds ?? 60 })
  const outcomes: PassthroughOutcome[] = []
  const jobOf = (request: IncomingMessage, more: readonly string[] = []): PassthroughJob => ({
    targets,
    path: request.url!,
    authority: 'origin.test',
    headers: [...passedOn(request), ...more],
    debug: false,
    onDone: (outcome) => outcomes.push(outcome),
    ...options.job,
  })
  const server = createServer({ requireHostHeader: false, keepAliveTimeout: 60_000 })
  for (const event of ['request', 'checkContinue']) {
    server.on(event, (request, response) => passthrough.web(request, response, jobOf(request)))
  }
  server.on('upgrade', (request, socket, firstBytes) => {
    const job = jobOf(request, ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade!])
    passthrough.upgrade(request, socket, firstBytes, job)
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    outcomes,
    outcome: (n = 1) => eventually(`outcome ${n}`, () => outcomes[n - 1]),
    stop: async () => {
      passthrough.close()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function passedOn(request: IncomingMessage): string[] {
  const kept: string[] = []
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!
    if (!NOT_PASSED_ON.has(name.toLowerCase())) kept.push(name, request.rawHeaders[i + 1]!)
  }
  return kept
}

/** An origin whose connections tests read and write themselves. */
export interface RawOrigin {
  readonly port: number
  readonly connections: RawClient[]
  /** Waits for the n-th connection; n counts from 1. */
  connection(n?: number): Promise<RawClient>
  stop(): Promise<void>
}

/** Starts an origin that answers nothing of itself. */
export async function startRawOrigin(): Promise<RawOrigin> {
  const connections: RawClient[] = []
  const { port, stop } = await startTcpOrigin((socket) => connections.push(new RawClient(socket)))
  return {
    port,
    connections,
    connection: (n = 1) => eventually(`connection ${n} at the origin`, () => connections[n - 1]),
    stop,
  }
}
