import { type ConfigInput, type LoadedConfig, loadConfig } from '../../src/config/loadConfig.ts'

/** Files by absolute path. */
export type Files = Readonly<Record<string, string>>

/** Loads a configuration from what a test says, and nothing else of this machine. */
export function load({
  argv = [],
  env = {},
  files = {},
}: {
  argv?: string[]
  env?: ConfigInput['env']
  files?: Files
} = {}): LoadedConfig {
  return loadConfig({ argv, env, cwd: '/here', readFile: (path) => readFrom(files, path) })
}

/** Loads a configuration file with that text. */
export function loadConf(text: string, argv: string[] = []): LoadedConfig {
  const minimal = /^http_port=/m.test(text) ? text : `${text}\n[runner]\nhttp_port=7999\n`
  return load({ argv: ['--config=/etc/h/h.conf', ...argv], files: { '/etc/h/h.conf': minimal } })
}

/** Answers the fault lines of a configuration that cannot be loaded. */
export function faultsOf(attempt: () => unknown): string[] {
  try {
    attempt()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code !== 'CONFIG_INVALID') throw error
    return message
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
  }
  throw new Error('the configuration was loaded')
}

function readFrom(files: Files, path: string): string {
  const text = files[path]
  if (text !== undefined) return text
  throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' })
}
