import { SEARCHED_FILES } from '../config/configFile.ts'
import { EXTRA_VARIABLES } from '../config/environment.ts'
import { FLAGS } from '../config/flags.ts'
import { optionsOf, SECTION_NAMES } from '../config/options/sections.ts'
import { columns, flagColumns } from './columns.ts'
import { COMMANDS } from './commands.ts'

/** Writes what `--help` shows of the server. */
export function usageText(): string {
  const commands = COMMANDS.map(({ usage, about }) => [usage, about] as const)
  return `Usage: holdfast [FLAG]...
       holdfast COMMAND ...

A GRIP proxy: holds HTTP connections open for origins that speak only short requests, and writes to them what is
published. Without flags and without a configuration file it serves a demo on port 7999.

Commands, each with a --help of its own:
${columns(commands)}

Flags:
${flagColumns(FLAGS)}

Configuration file, unless --config names one: the first that exists of ${SEARCHED_FILES.join(', ')}.

Environment, which wins over the file, and over which flags win:
${columns(variables())}

Signals: TERM and INT stop gracefully, a second one at once; HUP reads the routes again and reopens the log.
`
}

function variables(): readonly (readonly [string, string])[] {
  const options = SECTION_NAMES.flatMap((section) => {
    return optionsOf(section).flatMap(({ env, key }) => {
      return env === undefined ? [] : [[env, `${key} in [${section}]`] as const]
    })
  })
  return [...EXTRA_VARIABLES.map(({ name, about }) => [name, about] as const), ...options]
}
