import { resolve } from 'node:path'
import { parseRoute } from '../route/parseRoute.ts'
import { clusterFaults } from './clusterFaults.ts'
import type { Config } from './config.ts'
import { type ConfigFile, readConfigFile } from './configFile.ts'
import { configWarnings } from './configWarnings.ts'
import { resolveControlAddress } from './controlAddress.ts'
import { type Environment, readRouteLines, readVariable } from './environment.ts'
import { Findings } from './findings.ts'
import { type ParsedFlags, parseFlags } from './flags.ts'
import { offsetSpecs } from './offsetSpecs.ts'
import type { OptionValues } from './options/sections.ts'
import { type ProgramSettings, programSettings } from './programSettings.ts'
import { resolveOptions } from './resolveOptions.ts'
import { collectSettings, type Settings, settingName } from './settings.ts'

/** All that a configuration depends on, handed in so that it can be anything in tests. */
export interface ConfigInput {
  /** The arguments that follow the program's name. */
  readonly argv: readonly string[]
  readonly env: Environment
  readonly cwd: string
  /** Reads a file as text; throws what `fs.readFileSync` throws. */
  readonly readFile: (path: string) => string
  /** What a program sets, in the place of a configuration file, which is then not looked for. */
  readonly settings?: ProgramSettings
}

/** A configuration, and what its author should know though it can be used. */
export interface LoadedConfig {
  readonly config: Config
  readonly warnings: readonly string[]
}

/**
 * Reads the configuration from flags, `HOLDFAST_*` variables and a configuration file, which win in this order over the
 * defaults. Throws one CONFIG_INVALID that lists every fault with its place.
 */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const findings = new Findings()
  const flags = parseFlags(input.argv)
  findings.faults.push(...flags.faults)
  const file = findConfigFile(input, flags, findings)
  const program = programSettings(input.settings ?? {}, input.cwd)
  const settings = collectSettings({ file, program, flags, env: input.env, access: input }, findings)
  const values = resolveOptions(settings, {
    isStandalone: file === undefined && input.settings === undefined,
    readFile: input.readFile,
    findings,
  })
  const controlAddress = resolveControlAddress(values, settings, findings)
  const specs = offsetSpecs(values, findings)
  const config = assemble(values, { input, flags, file, computed: { ...specs, controlAddress } })
  checkListeners(config, settings, findings)
  checkRouteLines(config, findings)
  findings.faults.push(...clusterFaults(config))
  findings.throwFaults()
  findings.warnings.push(...configWarnings(config, input))
  return { config: deepFreeze(config), warnings: findings.warnings }
}

function findConfigFile(input: ConfigInput, flags: ParsedFlags, findings: Findings): ConfigFile | undefined {
  if (input.settings !== undefined) return undefined
  const flag = flags.values.get('config')
  const named = flag ?? readVariable(input.env, 'HOLDFAST_CONFIG')
  const place =
    named === undefined ? 'configuration file' : flag === undefined ? 'HOLDFAST_CONFIG' : '--config'
  return findings.attempt(place, () => readConfigFile(named, input))
}

function assemble(
  values: OptionValues,
  from: {
    input: ConfigInput
    flags: ParsedFlags
    file: ConfigFile | undefined
    computed: Partial<OptionValues['handler']>
  },
): Config {
  const { input, flags, file, computed } = from
  const routeLines = flags.routeLines.length > 0 ? flags.routeLines : readRouteLines(input.env)
  const hasLines = routeLines.length > 0
  const isDemo = file === undefined && input.settings === undefined
  const logFile = flags.values.get('logfile')
  return {
    global: values.global,
    runner: values.runner,
    proxy: hasLines ? { ...values.proxy, routesFile: undefined } : values.proxy,
    handler: { ...values.handler, ...computed, controlPort: offsetPort(values) },
    control: values.control,
    cluster: values.cluster,
    configFile: file?.path,
    demo: isDemo && values.proxy.routesFile === undefined && !hasLines,
    routeLines,
    routeLinesFrom: flags.routeLines.length > 0 ? '--route' : 'HOLDFAST_ROUTES',
    logFile: logFile === undefined ? undefined : resolve(input.cwd, logFile),
  }
}

/** Port 0, any free port, stays as it is. */
function offsetPort({ global, handler }: OptionValues): number | undefined {
  const { controlPort } = handler
  return controlPort === undefined || controlPort === 0 ? controlPort : controlPort + global.portOffset
}

const MAX_PORT = 65_535

function checkListeners(config: Config, settings: Settings, findings: Findings): void {
  const { controlPort } = config.handler
  if (controlPort !== undefined && controlPort > MAX_PORT) {
    findings.faults.push(
      `push_in_http_port in [handler]: with the port offset it is ${controlPort}, above ${MAX_PORT}`,
    )
  }
  const { httpPorts, httpsPorts, localPorts, tlsCert, tlsKey } = config.runner
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    findings.faults.push('tls_cert and tls_key in [runner]: both are needed, or neither')
  }
  const wasTried = settings.get(settingName('runner', 'http_port'))?.value.text
  if (httpPorts.length + httpsPorts.length + localPorts.length === 0 && !wasTried) {
    findings.faults.push(
      'no server ports configured: set http_port, https_ports or local_ports in [runner], or --port',
    )
  }
}

/** What somebody has just typed is a fault like any other; lines of a routes file are only skipped. */
function checkRouteLines({ routeLines, routeLinesFrom }: Config, findings: Findings): void {
  for (const [i, line] of routeLines.entries()) {
    findings.attempt(`${routeLinesFrom} ${i + 1}`, () => parseRoute(line))
  }
}

/** Freezes what literals are made of; keys and sets are left to their types. */
function deepFreeze<T>(value: T): T {
  if (!isPlain(value) || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}

function isPlain(value: unknown): value is object {
  if (Array.isArray(value)) return true
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
