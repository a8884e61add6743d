import type { AddressInfo } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import type { Config } from '../config/config.ts'
import type { Clock } from '../edges/clock.ts'
import type { OriginRequest, OriginTarget } from '../edges/origin.ts'
import type { OpenTrial, Trial, TrialSink } from '../ingress/dashboard/trial.ts'
import { HttpOrigin } from '../origin/httpOrigin.ts'
import { WebSocketOrigin } from '../origin/webSocket/webSocketOrigin.ts'
import type { RawHeaders, ResponseHead } from '../util/headers.ts'
import { TrialSocket } from './clientTrials/trialSocket.ts'

/** Where trials connect, and as whom. */
export interface ClientTrialsOptions {
  readonly config: Config
  readonly clock: Clock
  /** Where clients connect, those of plain HTTP first. */
  readonly clientAddresses: () => readonly AddressInfo[]
}

/** A long poll may be held for as long as its origin says. */
const RESPONSE_TIMEOUT_MS = 3_600_000

/** Between the answer of a long poll and the next: one that is answered at once would be asked without end. */
const POLL_GAP_MS = 250

/** Clients of our own port for clients: what they get is what others would get. */
export class ClientTrials {
  readonly #options: ClientTrialsOptions
  readonly #http = new HttpOrigin({ responseTimeoutMs: RESPONSE_TIMEOUT_MS })
  readonly #sockets: WebSocketOrigin

  constructor(options: ClientTrialsOptions) {
    const { config, clock } = options
    this.#options = options
    this.#sockets = new WebSocketOrigin({
      clock,
      responseTimeoutMs: config.proxy.originTimeoutSeconds * 1000,
      maxMessageBytes: config.runner.clientMessageBytes,
      maxMessageFragments: config.runner.clientMessageFragments,
      maxRefusalBytes: config.runner.clientBufferBytes,
      offersDeflate: false,
    })
  }

  /** Begins a trial. */
  get opener(): OpenTrial {
    return (trial, sink) => this.#open(trial, sink)
  }

  async close(): Promise<void> {
    await this.#sockets.close()
    await this.#http.close()
  }

  #open(trial: Trial, sink: TrialSink): () => void {
    const target = this.#target()
    if (target === undefined) {
      sink.onNote('There is no port for clients to connect to.')
      sink.onEnd()
      return () => {}
    }
    sink.onNote(`Connecting to ${target.host}:${target.port}${target.tls ? ' by TLS' : ''}`)
    if (trial.transport === 'websocket') return this.#openSocket(target, trial, sink)
    return this.#request(target, trial, sink)
  }

  #openSocket(target: OriginTarget, trial: Trial, sink: TrialSink): () => void {
    sink.onSent(requestText(trial, ['Connection', 'Upgrade', 'Upgrade', 'websocket', ...trial.headers]))
    let socket: TrialSocket | undefined
    const opening = this.#sockets.openSocket(target, requestOf(trial), {
      onOpen: (head, opened) => {
        sink.onReceived(headText(head))
        socket = new TrialSocket(opened, sink)
        for (const message of trial.messages) socket.sendText(message)
      },
      onRefused: (head, body) => {
        sink.onReceived(`${headText(head)}${body}`)
        sink.onEnd()
      },
      onError: (error) => endBy(sink, error),
    })
    return () => (socket === undefined ? opening.abort() : socket.stop())
  }

  /** One request, and the next when a long poll is answered. */
  #request(target: OriginTarget, trial: Trial, sink: TrialSink): () => void {
    sink.onSent(requestText(trial, trial.headers))
    const decoder = new StringDecoder('utf8')
    let status = 0
    let stop = (): void => exchange.abort()
    const exchange = this.#http.request(target, requestOf(trial), {
      onInformational: (head) => sink.onReceived(headText(head)),
      onHead: (head) => {
        status = head.status
        sink.onReceived(headText(head))
      },
      onData: (chunk) => {
        const text = decoder.write(chunk)
        if (text !== '') sink.onReceived(text)
        return true
      },
      onEnd: () => {
        if (trial.transport === 'stream' || status >= 400) {
          sink.onNote('The answer is complete.')
          sink.onEnd()
          return
        }
        const timer = this.#options.clock.after(POLL_GAP_MS, () => {
          stop = this.#request(target, trial, sink)
        })
        stop = () => timer.cancel()
      },
      onError: (error) => endBy(sink, error),
    })
    return () => stop()
  }

  #target(): OriginTarget | undefined {
    const { config, clientAddresses } = this.#options
    const [address] = clientAddresses()
    if (address === undefined) return undefined
    return {
      host: reachable(address.address),
      port: address.port,
      tls: config.runner.httpPorts.length === 0,
      untrusted: false,
      trustConnectHost: false,
      // It is this process.
      insecure: true,
      clientCert: undefined,
      clientKey: undefined,
    }
  }
}

/** What listens everywhere is reached here. */
function reachable(address: string): string {
  return { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address
}

function requestOf({ path, host, headers }: Trial): OriginRequest {
  return { method: 'GET', path, authority: host, headers, body: undefined, bodyLength: undefined }
}

function requestText({ path, host }: Trial, headers: RawHeaders): string {
  return `GET ${path} HTTP/1.1\n${fieldLines(['Host', host, ...headers])}\n`
}

function headText({ status, reason, headers }: ResponseHead): string {
  return `HTTP/1.1 ${status} ${reason}\n${fieldLines(headers)}\n`
}

function fieldLines(headers: RawHeaders): string {
  let lines = ''
  for (let i = 0; i < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\n`
  return lines
}

function endBy(sink: TrialSink, error: Error): void {
  sink.onNote(error.message)
  sink.onEnd()
}
