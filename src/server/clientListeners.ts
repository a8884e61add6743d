import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { ConnectionGate } from '../accept/connectionGate.ts'
import { HttpListener, type RequestTaker } from '../accept/httpListener.ts'
import { CertificateBook } from '../accept/tls/certificateBook.ts'
import type { SocketEnvironment } from '../accept/webSocket/socketEnvironment.ts'
import type { Config } from '../config/config.ts'
import { formatListenAddress } from '../config/networkTypes.ts'
import type { Log } from '../edges/log.ts'
import { type GivenSocket, GivenSockets } from '../util/givenSockets.ts'
import { maxOpenFiles } from './maxOpenFiles.ts'

/** A listener with where it is to listen. */
export interface Door {
  readonly listener: HttpListener
  /** Opens it; returns where it listens, or undefined for a unix socket. */
  open(given: GivenSockets): Promise<AddressInfo | undefined>
  /** Where it is to listen. */
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string }
}

/** What all of them work with. */
export interface ListenerParts {
  readonly taker: RequestTaker
  readonly sockets: SocketEnvironment
  readonly log: Log
  /** Where other workers of the server hand on what is for this one; undefined where there are none. */
  readonly peerDoor?: Door | undefined
}

/** Everywhere that clients connect: plain, by TLS, on unix sockets. */
export class ClientListeners {
  readonly #doors: readonly Door[]
  readonly #peerDoors: readonly Door[]

  constructor(config: Config, { taker, sockets, log, peerDoor }: ListenerParts) {
    this.#peerDoors = peerDoor === undefined ? [] : [peerDoor]
    const { httpPorts, httpsPorts, localPorts } = config.runner
    const certificates = httpsPorts.length === 0 ? undefined : createCertificates(config, log)
    const doorCount = httpPorts.length + httpsPorts.length + localPorts.length
    const gate = createGate(config)
    const create = (book?: CertificateBook): HttpListener =>
      createListener(config, { taker, sockets, log, gate, doorCount, certificates: book })
    this.#doors = [
      ...httpPorts.map((place) => tcpDoor(create(), { place, log, note: '' })),
      ...httpsPorts.map((place) => tcpDoor(create(certificates), { place, log, note: ' by TLS' })),
      ...localPorts.map((place): Door => {
        const listener = create()
        const open = async (given: GivenSockets): Promise<undefined> => {
          await listener.listenLocally(place, given.takePath(place.path))
          log.info(`listening for clients on ${place.path}`)
        }
        return { listener, open, place: { path: place.path } }
      }),
    ]
  }

  /** Opens what is for other workers of the server alone. Throws LISTEN_FAILED. */
  async openToPeers(): Promise<void> {
    for (const door of this.#peerDoors) await door.open(new GivenSockets())
  }

  /**
   * Opens them in the order configured, those of plain HTTP first, or takes the given sockets that listen there; returns where those
   * with a port listen.
   */
  async open(given: GivenSockets): Promise<AddressInfo[]> {
    const addresses: AddressInfo[] = []
    for (const door of this.#doors) {
      const address = await door.open(given)
      if (address !== undefined) addresses.push(address)
    }
    return addresses
  }

  /** What is open, for a process that is to take it over. */
  get sockets(): readonly GivenSocket[] {
    return this.#doors.flatMap(({ listener: { fd }, place }) => (fd === undefined ? [] : [{ fd, ...place }]))
  }

  /** As `HttpListener.close`, for all. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ listener }) => listener.close()))
  }

  /** Breaks every connection that is still open. */
  breakAll(): void {
    for (const { listener } of this.#all) listener.breakAll()
  }

  get #all(): readonly Door[] {
    return [...this.#doors, ...this.#peerDoors]
  }
}

function tcpDoor(
  listener: HttpListener,
  { place, log, note }: { place: { host: string; port: number }; log: Log; note: string },
): Door {
  const open = async (given: GivenSockets): Promise<AddressInfo> => {
    const address = await listener.listen(place, given.takePort(place))
    const shown = formatListenAddress({ host: address.address, port: address.port })
    log.info(`listening for clients${note} on ${shown}`)
    return address
  }
  return { listener, open, place }
}

/** Pushpin: certificates are in `runner/certs` beside the configuration file. */
function createCertificates({ configFile, runner }: Config, log: Log): CertificateBook {
  const { tlsCert, tlsKey } = runner
  return new CertificateBook({
    directory: configFile === undefined ? undefined : join(dirname(configFile), 'runner', 'certs'),
    fallback: tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey },
    log,
  })
}

function createGate({ runner }: Config): ConnectionGate {
  return new ConnectionGate({
    maxPerAddress: runner.clientMaxConnectionsPerAddress,
    maxFiles: maxOpenFiles(),
    fileReserve: runner.fileReserve,
  })
}

function createListener(
  { runner }: Config,
  parts: ListenerParts & {
    readonly doorCount: number
    readonly gate: ConnectionGate
    readonly certificates: CertificateBook | undefined
  },
): HttpListener {
  return new HttpListener({
    taker: parts.taker,
    sockets: parts.sockets,
    log: parts.log,
    certificates: parts.certificates,
    maxHttp2Streams: runner.http2 ? runner.http2MaxStreams : undefined,
    gate: parts.gate,
    maxHeaderBytes: runner.clientBufferBytes,
    maxHeaderCount: runner.clientHeaderCount,
    maxUriBytes: runner.clientUriBytes,
    maxBodyBytes: runner.clientBodyBytes,
    bodyIdleMs: runner.clientBodyTimeoutSeconds * 1000,
    headerTimeoutMs: runner.clientHeaderTimeoutSeconds * 1000,
    keepAliveTimeoutMs: runner.clientKeepAliveSeconds * 1000,
    // The limit is for all listeners together, and each guards its own part of it.
    maxConnections: Math.ceil(runner.clientMaxConnections / parts.doorCount),
  })
}
