import type { CommandLine, Flag } from '../config/commandLine.ts'
import { chooseRoute, type RouteChoice, type ShownRoute } from '../server/routeChoice.ts'
import { EXIT } from './exit.ts'
import { loadRoutes } from './loadRoutes.ts'
import { print } from './output.ts'
import { runCommand } from './runCommand.ts'
import { loadFor, SERVER_FLAGS } from './serverFlags.ts'
import { unusable } from './unusable.ts'

const FLAGS: readonly Flag[] = [
  {
    name: 'header',
    short: ['H'],
    argument: 'NAME: VALUE',
    about: 'A header of the request; may be repeated. Upgrade: websocket makes it a WebSocket.',
  },
  { name: 'method', argument: 'METHOD', about: 'Its method, by default GET.' },
  ...SERVER_FLAGS,
]

const ABOUT = `Says which route and target a request for URL would take, and why it would take none of the others. Nothing is sent. URL may
be ws://... or a path alone, which is for localhost.`

/** Explains the way of a request; answers the exit code, which is 1 where no route takes it. */
export function route(argv: readonly string[]): Promise<number> {
  return runCommand(
    { usage: 'route URL', about: ABOUT, flags: FLAGS, words: [1, 1], failure: EXIT.badConfiguration, run },
    argv,
  )
}

async function run(line: CommandLine): Promise<number> {
  const { config } = loadFor(line)
  const { book } = loadRoutes(config)
  const parts = {
    method: line.values.get('method')?.at(-1) ?? 'GET',
    headers: line.values.get('header') ?? [],
    fault: unusable,
  }
  const choice = chooseRoute(line.words[0] ?? '', parts, { config, book })
  print(`${linesOf(choice).join('\n')}\n`)
  return choice.route === null ? EXIT.failed : EXIT.ok
}

function linesOf({ method, url, route, sending, rejected }: RouteChoice): string[] {
  const lines = [`${method} ${url}`, '']
  if (route === null) lines.push('No route takes it: it gets 502.')
  else {
    const sent = sending.map((sentence) => `  ${sentence}`)
    lines.push(`It takes ${nameOf(route)}:`, `  ${route.description}`, ...sent)
  }
  if (rejected.length > 0) lines.push('', 'Not the others:')
  for (const other of rejected) lines.push(`  ${nameOf(other)}: ${other.reason}`)
  return lines
}

/** Where a route is written, with its id. */
function nameOf({ id, place }: ShownRoute): string {
  return place === undefined ? `the route ${id}` : `${place} (${id})`
}
