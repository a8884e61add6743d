/**
 * Does what a fresh clone or a changed one needs before the program or its tests can run: installs the dependencies
 * when they are missing or the lock file is newer, and builds when a source is newer than the build.
 *
 *     node tools/ensureReady.mjs
 *
 * Says what it does on stderr, and nothing when there is nothing to do.
 */
import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { changedAt, inProject, run } from './lib/project.mjs'

/** What a build is made of. */
const INPUTS = ['src', 'tsconfig.json', 'tsconfig.build.json']

/** Installs and builds where needed; throws when one of them fails. */
export function ensureReady() {
  if (isInstallNeeded()) install()
  if (isBuildNeeded()) {
    say('building')
    build()
  }
}

function isInstallNeeded() {
  const wanted = inProject('package-lock.json')
  const installed = inProject('node_modules', '.package-lock.json')
  if (!existsSync(installed)) return true
  return changedAt(wanted) > changedAt(installed) && !isSame(readPackages(wanted), readPackages(installed))
}

/** A lock file that is newer may still say the same: copying a project changes times only. */
function isSame(wanted, installed) {
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    return path === '' || installed[path]?.version === version || (optional && installed[path] === undefined)
  })
}

function readPackages(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}

/**
 * Not `npm ci`: that refuses a lock file without the packages of platforms that the author's registry did not have.
 * Versions are those of the lock file all the same, and it is not written.
 */
function install() {
  say('installing dependencies')
  const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  if (run('npm', args, { quiet: true, shell: process.platform === 'win32' }) !== 0) {
    throw new Error('npm install failed; see above')
  }
}

function isBuildNeeded() {
  const builtAt = changedAt(inProject('dist', 'cli.js'))
  return INPUTS.some((input) => changedAt(inProject(input)) >= builtAt)
}

function say(text) {
  console.error(`holdfast: ${text}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    ensureReady()
  } catch (error) {
    say(error.message)
    process.exitCode = 1
  }
}
