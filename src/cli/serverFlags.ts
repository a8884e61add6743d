import { readFileSync } from 'node:fs'
import type { CommandLine, Flag } from '../config/commandLine.ts'
import { FLAGS } from '../config/flags.ts'
import { type LoadedConfig, loadConfig } from '../config/loadConfig.ts'

/** What a configuration depends on; what only concerns a running server is left out. */
export const CONFIG_FLAGS: readonly Flag[] = FLAGS.filter(({ name }) =>
  ['config', 'port', 'route', 'id'].includes(name),
)

/** Loads the configuration that a server started with these flags would have. Throws CONFIG_INVALID. */
export function loadFor(line: CommandLine): LoadedConfig {
  const argv = CONFIG_FLAGS.flatMap(({ name }) =>
    (line.values.get(name) ?? []).map((value) => `--${name}=${value}`),
  )
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  return loadConfig({ argv, env: process.env, cwd: process.cwd(), readFile })
}
