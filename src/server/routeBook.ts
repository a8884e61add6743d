import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Log } from '../edges/log.ts'
import { codeField, HoldfastError } from '../errors.ts'
import { type GripKey, parseKey } from '../grip/keys.ts'
import { createGripSigner, type GripSigner } from '../grip/signature.ts'
import type { Route } from '../route/route.ts'
import { RouteTable } from '../route/routeTable.ts'
import type { Target } from '../route/target.ts'
import { isExampleKey, MISTAKES } from '../util/mistakes.ts'
import type { RouteSource } from './routeSource.ts'

/** What an address of the operating system has room for; beyond it Node would connect to another path. unix(7), unix(4). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/** Where routes come from, and what those have that say less. */
export interface RouteBookOptions {
  readonly source: RouteSource
  /** `[proxy] sig_iss` and `sig_key`, for routes without their own. */
  readonly sigIss: string
  readonly sigKey: GripKey | undefined
  readonly log: Log
}

/** The routes in force with what belongs to them: the files that they name, read, and their signers. */
export class RouteBook {
  readonly #options: RouteBookOptions
  #table = new RouteTable([])
  readonly #signers = new WeakMap<Route, GripSigner>()
  readonly #places = new WeakMap<Route, string>()

  constructor(options: RouteBookOptions) {
    this.#options = options
  }

  get table(): RouteTable {
    return this.#table
  }

  /** Requests and holds that began before a reload keep their route, and what is asked for them is signed with its key. */
  signerFor(route: Route): GripSigner | undefined {
    return this.#signers.get(route)
  }

  /** Where a route is written, as `FILE:LINE`; undefined for routes that nobody has written. */
  placeOf(route: Route): string | undefined {
    return this.#places.get(route)
  }

  /** Reads the source anew and swaps everything at once; routes whose files cannot be read are left out and logged. */
  load(): void {
    const { source, log } = this.#options
    const written = source.read()
    if (written === undefined) return
    const routes = written.flatMap((route) => this.#complete(route) ?? [])
    this.#table = new RouteTable(routes)
    if (routes.length === 0 && source.name !== undefined) {
      log.warn(`no routes in ${source.name}: every request gets 502`)
    }
    log.info(`routes loaded with ${routes.length} entries`)
  }

  /** Adds to a route what its files have; undefined, with a word to the log, where they cannot be read. */
  #complete(route: Route): Route | undefined {
    const { source, log } = this.#options
    const place = source.placeOf(route)
    const name = place ?? `route ${route.id}`
    try {
      const targets = route.targets.map((target) => this.#withFiles(target))
      const complete = Object.freeze({ ...route, targets })
      const signer = this.#createSigner(route)
      if (isExampleKey(route.sigKey ?? '')) log.warn(`${name}: sig_key: ${MISTAKES.defaultKey}`)
      if (signer !== undefined) this.#signers.set(complete, signer)
      if (place !== undefined) this.#places.set(complete, place)
      return complete
    } catch (error) {
      log.warn(`${name}: ${(error as Error).message} (line skipped)`, codeField(error))
      return undefined
    }
  }

  #createSigner(route: Route): GripSigner | undefined {
    const { sigIss, sigKey, source } = this.#options
    const key =
      route.sigKey === undefined
        ? sigKey
        : parseKey(route.sigKey, (path) => readFileSync(resolve(source.directory, path)))
    return createGripSigner(route.sigIss ?? sigIss, key)
  }

  /** Paths in routes are relative to where the routes are written. */
  #withFiles(target: Target): Target {
    const complete = this.#withCertificates(target)
    if (complete.kind !== 'http' || complete.socketPath === undefined) return complete
    return Object.freeze({ ...complete, socketPath: this.#placeOfSocket(complete.socketPath) })
  }

  #placeOfSocket(path: string): string {
    const place = resolve(this.#options.source.directory, path)
    if (Buffer.byteLength(place) > MAX_SOCKET_PATH_BYTES)
      throw new HoldfastError(
        'ROUTE_INVALID',
        `path of a unix socket above ${MAX_SOCKET_PATH_BYTES} bytes: '${place}'`,
      )
    return place
  }

  #withCertificates(target: Target): Target {
    if (target.clientCert === undefined && target.clientKey === undefined) return target
    return Object.freeze({
      ...target,
      clientCert: this.#readText(target.clientCert),
      clientKey: this.#readText(target.clientKey),
    })
  }

  #readText(path: string | undefined): string | undefined {
    return path === undefined
      ? undefined
      : readFileSync(resolve(this.#options.source.directory, path), 'utf8')
  }
}
