import { clusterWarnings } from './clusterFaults.ts'
import type { Config } from './config.ts'
import { isLocked } from './controlAddress.ts'
import { type Environment, EXTRA_VARIABLES, unknownVariables } from './environment.ts'
import { formatListenAddress, isLoopback } from './networkTypes.ts'
import { optionsOf, SECTION_NAMES } from './options/sections.ts'
import type { ProgramSettings } from './programSettings.ts'
import { openSocketWarnings, unboundSpecWarnings } from './zeroMqWarnings.ts'

/** Says what is odd about a configuration as a whole; a program brings routes of its own. */
export function configWarnings(
  config: Config,
  { env, settings }: { readonly env: Environment; readonly settings?: ProgramSettings },
): string[] {
  const warnings = unknownVariables(env, knownVariables()).map(
    (name) => `${name}: unknown environment variable`,
  )
  const { controlAddress: host, controlPort: port } = config.handler
  const { authKey, authIss } = config.control
  if (authIss !== '' && authKey === undefined)
    warnings.push('auth_iss in [control] has no effect without auth_key')
  if (port !== undefined && !isLoopback(host) && !isLocked(config.control)) {
    const place = formatListenAddress({ host, port })
    warnings.push(`the control API at ${place} asks for no key: whoever reaches it can publish`)
  }
  warnings.push(...openSocketWarnings(config), ...unboundSpecWarnings(config), ...clusterWarnings(config))
  const isProgram = settings !== undefined
  if (!isProgram && !config.demo && config.routeLines.length === 0 && config.proxy.routesFile === undefined) {
    warnings.push('no routes: every request gets 502; set routesfile in [proxy], or --route')
  }
  return warnings
}

function knownVariables(): ReadonlySet<string> {
  const options = SECTION_NAMES.flatMap((section) => optionsOf(section).map(({ env }) => env))
  return new Set([...EXTRA_VARIABLES.map(({ name }) => name), ...options.filter((env) => env !== undefined)])
}
