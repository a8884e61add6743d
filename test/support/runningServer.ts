import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { get } from './client.ts'
import { type ConfSections, confText, mergeConf } from './confFile.ts'
import { freePort } from './freePort.ts'
import type { TestProcess } from './process.ts'
import { destroyClients } from './rawClient.ts'
import type { Running, StartOptions } from './targetTypes.ts'
import { eventually } from './waiting.ts'

/** Files and ports of a server that is about to start. */
export interface Prepared {
  readonly directory: string
  readonly port: number
  readonly controlPort: number
  readonly confPath: string
  /** Flags for the server: `--route` with its values. */
  readonly routeArgs: readonly string[]
  writeRoutes(lines: readonly string[]): string
}

/** Makes a directory with pushpin.conf and the routes file, and picks ports. */
export async function prepare(
  options: StartOptions,
  base: (directory: string) => ConfSections,
): Promise<Prepared> {
  const directory = mkdtempSync(join(tmpdir(), 'flow-'))
  const port = await freePort()
  const controlPort = await freePort()
  const confPath = join(directory, 'pushpin.conf')
  const ports = {
    runner: { http_port: `127.0.0.1:${port}` },
    handler: { push_in_http_addr: '127.0.0.1', push_in_http_port: controlPort },
  }
  writeFileSync(confPath, confText(mergeConf(commonConf, ports, base(directory), options.conf ?? {})))
  for (const [name, text] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  let generation = 0
  // A route of a name of its own tells when the server knows this version of the file. It leads to the control port.
  const withProbe = (lines: readonly string[]) => [
    ...lines,
    `${probeHost(++generation)} 127.0.0.1:${controlPort}`,
    `${HOLD_PROBE_HOST} test`,
  ]
  const writeRoutes = (lines: readonly string[]) => {
    writeFileSync(join(directory, 'routes'), `${withProbe(lines).join('\n')}\n`)
    return probeHost(generation)
  }
  const flags = options.routeFlags === undefined ? [] : withProbe(options.routeFlags)
  if (options.routes !== undefined) writeRoutes(options.routes)
  return {
    directory,
    port,
    controlPort,
    confPath,
    routeArgs: flags.map((line) => `--route=${line}`),
    writeRoutes,
  }
}

/** Settings that both servers understand; timers and limits as in Pushpin's own example file, but for the rate limit. */
const commonConf: ConfSections = {
  proxy: {
    routesfile: 'routes',
    debug: false,
    set_x_forwarded_protocol: 'proto-only',
    sig_iss: 'pushpin',
    sig_key: 'changeme',
  },
  handler: { message_rate: -1, message_hwm: -1, id_cache_ttl: 60, connection_subscription_max: 20 },
}

/** Far longer than a start takes, for machines on which much else runs. */
const START_LIMIT_MS = 25_000

/** A host whose requests can be held without an origin. */
export const HOLD_PROBE_HOST = 'hold-probe.invalid'

function probeHost(generation: number): string {
  return `probe-${generation}.invalid`
}

/** How one kind of server is watched and ended. */
export interface Control {
  readonly process: TestProcess
  /** Processes that clients may come to; one unless it says otherwise. */
  readonly workers?: number
  logs(): string
  subscribed(channel: string, count: number): Promise<void>
  stop(): Promise<void>
}

/** Waits until the server proxies, and wraps it up. */
export async function running(prepared: Prepared, options: StartOptions, control: Control): Promise<Running> {
  const { port, controlPort, directory, writeRoutes } = prepared
  const stop = async () => {
    destroyClients(port)
    await control.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  const hasRoutes = options.routes !== undefined || options.routeFlags !== undefined
  try {
    await untilRouted(control, port, hasRoutes ? probeHost(1) : undefined)
  } catch (error) {
    await stop()
    throw new Error(`${(error as Error).message}\nits output:\n${control.logs()}`)
  }
  return {
    port,
    controlPort,
    directory,
    pid: control.process.pid,
    logs: () => control.logs(),
    writeRoutes,
    setRoutes: (lines) => untilRouted(control, port, writeRoutes(lines)),
    subscribed: (channel, count = 1) => control.subscribed(channel, count),
    signal: (signal) => control.process.signal(signal),
    get hasExited() {
      return control.process.hasExited
    },
    exited: (timeoutMs) => control.process.exited(timeoutMs),
    stop,
  }
}

/** Asks for the probe route until all processes answer it; without one, until they answer that there is no route. */
async function untilRouted(control: Control, port: number, host: string | undefined): Promise<void> {
  const status = host === undefined ? 502 : 200
  // Connections go to workers in turn, but for those that others make meanwhile.
  const { workers = 1 } = control
  const asked = workers > 1 ? 2 * workers : 1
  await eventually(
    'the server routes requests',
    async () => {
      for (let i = 0; i < asked; i++) {
        if (control.process.hasExited) throw new Error('the server exited')
        if ((await probeStatus(port, host ?? 'probe.invalid')) !== status) return false
      }
      return true
    },
    START_LIMIT_MS,
  )
}

async function probeStatus(port: number, host: string): Promise<number | undefined> {
  try {
    return (await get(port, '/', { host, timeoutMs: 500 })).status
  } catch {
    // It does not listen yet.
    return undefined
  }
}
