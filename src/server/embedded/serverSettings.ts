import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import { type LoadedConfig, loadConfig } from '../../config/loadConfig.ts'
import type { ProgramSettings } from '../../config/programSettings.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import type { PinoLike } from './logOf.ts'
import type { RouteInput } from './routeInput.ts'

/** What a server inside a program is made of; `origin` or `routes` is needed. */
export interface CreateServerOptions {
  /** Gets every request for which `routes` has nothing else: code, or a target such as `localhost:3000`. */
  readonly origin?: RouteInput['origin']
  /** Lines as in a routes file, or objects. */
  readonly routes?: readonly (string | RouteInput)[]
  /** What the server logs with: pino, Fastify's `app.log`, `console`, or a log of `createLog`. By default it says nothing. */
  readonly log?: Log | PinoLike
  /**
   * The control API for publishers in other processes, off by default: a port (0 takes a free one) of 127.0.0.1, or more. On an address
   * that other machines reach it needs a key.
   */
  readonly control?: number | { readonly port: number; readonly host?: string; readonly key?: string }
  /** Any other option by section and key, as docs/configuration.md has them: `{ proxy: { debug: true } }`. */
  readonly settings?: ProgramSettings
}

/** Where clients are to connect. */
export type ListenPlace =
  | number
  | { readonly port?: number; readonly host?: string }
  /** A unix socket; `mode` are the permission bits of its file. */
  | { readonly path: string; readonly mode?: number }

const DEFAULT_HOST = '127.0.0.1'

/** Checks the options and reads their settings. Throws CONFIG_INVALID with every fault. */
export function loadSettings(options: CreateServerOptions): LoadedConfig {
  if (options.origin === undefined && options.routes === undefined) {
    throw new HoldfastError('CONFIG_INVALID', 'createServer: origin or routes must say where requests go')
  }
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  const settings = withControl(options)
  const loaded = loadConfig({ argv: [], env: {}, cwd: process.cwd(), readFile, settings })
  refuseForeign(loaded.config)
  return loaded
}

/** The place to listen at is said later; that there will be one is enough here. */
function withControl({ control, settings = {} }: CreateServerOptions): ProgramSettings {
  const runner = { ...settings.runner, http_port: 0 }
  if (control === undefined) return { ...settings, runner }
  const { port, host = DEFAULT_HOST, key } = typeof control === 'number' ? { port: control } : control
  return {
    ...settings,
    runner,
    handler: { ...settings.handler, push_in_http_port: port, push_in_http_addr: host },
    ...(key === undefined ? {} : { control: { ...settings.control, auth_key: key } }),
  }
}

/** What only the program `holdfast` has. */
function refuseForeign({ runner, handler }: Config): void {
  const fault =
    runner.workers !== 0 ? 'settings.runner.workers' : handler.statsSpec && 'settings.handler.stats_spec'
  if (!fault) return
  throw new HoldfastError(
    'CONFIG_INVALID',
    `${fault}: not in a server inside a program, which is one process and has events`,
  )
}

/** Adds where to listen; what the settings have beside that, such as ports for TLS, stays. */
export function listeningAt(config: Config, place: ListenPlace): Config {
  const { runner } = config
  if (typeof place === 'object' && 'path' in place) {
    const local = { path: resolve(place.path), mode: place.mode, uid: undefined, gid: undefined }
    return { ...config, runner: { ...runner, httpPorts: [], localPorts: [...runner.localPorts, local] } }
  }
  const { port = 0, host = DEFAULT_HOST } = typeof place === 'number' ? { port: place } : place
  return { ...config, runner: { ...runner, httpPorts: [{ host, port }] } }
}
