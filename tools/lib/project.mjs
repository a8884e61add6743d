/** Where things are in a checkout, and how the tools run programs. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Joins a path inside the project. */
export function inProject(...parts) {
  return join(ROOT, ...parts)
}

/**
 * Runs a program in the project's folder and answers its exit code. With `quiet`, its output goes to stderr, so that
 * stdout stays with the program that the user asked for.
 */
export function run(command, args, { quiet = false, shell = false } = {}) {
  const stdio = quiet ? ['ignore', 2, 2] : 'inherit'
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio, shell })
  if (error) throw error
  return status ?? 1
}

/** Runs the script of a development dependency with this very Node. */
export function runModule(script, args, options) {
  return run(process.execPath, [inProject('node_modules', ...script.split('/')), ...args], options)
}

/** Lists the files below a folder as paths relative to it, with `/`, sorted. */
export function listFiles(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort()
}

/** Milliseconds of the last change of a file; of a folder, of all that is in it. 0 when there is none. */
export function changedAt(path) {
  if (!existsSync(path)) return 0
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))))
}
