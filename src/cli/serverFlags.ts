import { readFileSync } from 'node:fs'
import type { CommandLine, Flag } from '../config/commandLine.ts'
import { FLAGS } from '../config/flags.ts'
import { type LoadedConfig, loadConfig } from '../config/loadConfig.ts'

/** All that a server may be started with: what is checked is the command line of a server with another word before it. */
export const SERVER_FLAGS: readonly Flag[] = FLAGS.filter(({ name }) => name !== 'help' && name !== 'version')

/** Loads the configuration that a server started with these flags would have. Throws CONFIG_INVALID. */
export function loadFor({ values, switches }: CommandLine): LoadedConfig {
  const argv = SERVER_FLAGS.flatMap(({ name }) => {
    const given = (values.get(name) ?? []).map((value) => `--${name}=${value}`)
    return switches.has(name) ? [`--${name}`] : given
  })
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  return loadConfig({ argv, env: process.env, cwd: process.cwd(), readFile })
}
