import { SEARCHED_FILES } from './configFile.ts'
import { EXTRA_VARIABLES } from './environment.ts'
import { FLAGS, flagUsage } from './flags.ts'
import { optionsOf, SECTION_NAMES } from './options/sections.ts'

/** Writes what `--help` shows. */
export function usageText(): string {
  const flags = FLAGS.map((flag) => [flagUsage(flag), flag.about] as const)
  return `Usage: holdfast [FLAG]...

A GRIP proxy: holds HTTP connections open for origins that speak only short requests, and writes to them what is
published. Without flags and without a configuration file it serves a demo on port 7999.

Flags:
${columns(flags)}

Configuration file, unless --config names one: the first that exists of ${SEARCHED_FILES.join(', ')}.

Environment, which wins over the file, and over which flags win:
${columns(variables())}

Signals: TERM and INT stop gracefully, a second one at once; HUP reads the routes again and reopens the log.
`
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}

function variables(): readonly (readonly [string, string])[] {
  const options = SECTION_NAMES.flatMap((section) => {
    return optionsOf(section).flatMap(({ env, key }) => {
      return env === undefined ? [] : [[env, `${key} in [${section}]`] as const]
    })
  })
  return [...EXTRA_VARIABLES.map(({ name, about }) => [name, about] as const), ...options]
}
