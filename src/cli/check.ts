import type { CommandLine } from '../config/commandLine.ts'
import type { Config } from '../config/config.ts'
import { isLocked } from '../config/controlAddress.ts'
import { formatListenAddress } from '../config/networkTypes.ts'
import { zeroMqPlaces } from '../config/zeroMqPlaces.ts'
import { describeRoute } from '../route/describeRoute.ts'
import { loadConfiguredZeroMq } from '../server/configuredZeroMq.ts'
import type { RouteBook } from '../server/routeBook.ts'
import { probeTargets } from './check/probeTargets.ts'
import { EXIT } from './exit.ts'
import { loadRoutes } from './loadRoutes.ts'
import { print } from './output.ts'
import { runCommand } from './runCommand.ts'
import { loadFor, SERVER_FLAGS } from './serverFlags.ts'

const ABOUT = `Checks the configuration and the routes without starting a server: says what each route does, and connects to each target.
Ends with 0 when all is well, with 1 when a route is skipped, a target cannot be reached or a server would go without ZeroMQ, with 2 when it
would not start.`

/** Checks a configuration; answers the exit code. */
export function check(argv: readonly string[]): Promise<number> {
  return runCommand(
    { usage: 'check', about: ABOUT, flags: SERVER_FLAGS, words: [0, 0], run, failure: EXIT.badConfiguration },
    argv,
  )
}

async function run(line: CommandLine): Promise<number> {
  const { config, warnings } = loadFor(line)
  const missing = await missingPackages(config)
  printLines(describeConfig(config), [...warnings, ...missing].map(asWarning))
  const { book, warnings: routeWarnings } = loadRoutes(config)
  printLines(describeRoutes(book), routeWarnings.map(asWarning))
  const probes = await probeTargets(book.table.routes)
  printLines(probes.map(({ name, fault }) => `target ${name}: ${fault ?? 'accepts connections'}`))
  const unreached = probes.filter(({ fault }) => fault !== undefined).length
  const problems = missing.length + routeWarnings.length + unreached
  print(problems === 0 ? 'all is well\n' : `${problems} ${problems === 1 ? 'problem' : 'problems'}\n`)
  return problems === 0 ? EXIT.ok : EXIT.failed
}

/** Says what a server would go without. Throws ZEROMQ_UNAVAILABLE where it would not start. */
async function missingPackages(config: Config): Promise<string[]> {
  const lines: string[] = []
  const log = { error: (text: string) => void lines.push(text) }
  await loadConfiguredZeroMq(config, { keys: zeroMqPlaces(config).map(({ key }) => key), log })
  return lines
}

function printLines(...groups: readonly (readonly string[])[]): void {
  const lines = groups.flat()
  if (lines.length > 0) print(`${lines.join('\n')}\n\n`)
}

function asWarning(text: string): string {
  return `warning: ${text}`
}

function describeConfig(config: Config): string[] {
  const { controlAddress: host, controlPort: port } = config.handler
  const lock = isLocked(config.control) ? 'needs a key' : 'needs no key'
  return [
    `configuration: ${config.configFile ?? 'no file'}`,
    `clients: ${clientPlaces(config).join(', ')}`,
    `control API: ${port === undefined ? 'off' : `${formatListenAddress({ host, port })}, ${lock}`}`,
    ...zeroMqPlaces(config).map(({ key, specs }) => `ZeroMQ: ${specs.join(', ')} (${key})`),
  ]
}

function clientPlaces({ runner }: Config): string[] {
  const tls = runner.httpsPorts.map((place) => `${formatListenAddress(place)} by TLS`)
  return [...runner.httpPorts.map(formatListenAddress), ...tls, ...runner.localPorts.map(({ path }) => path)]
}

function describeRoutes(book: RouteBook): string[] {
  return book.table.routes.map((route) => `${book.placeOf(route) ?? 'built in'}: ${describeRoute(route)}`)
}
