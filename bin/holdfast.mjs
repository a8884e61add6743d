#!/usr/bin/env node
/**
 * Starts holdfast. In a checkout it first installs and builds what is missing or older than the sources; all that it
 * says of this goes to stderr. Written so that a Node which is too old reads it far enough to say so.
 */
import { existsSync } from 'node:fs'

const MIN_VERSION = [20, 19]

function isNodeTooOld() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])
}

function isCheckout() {
  return ['../src/cli.ts', '../tools/ensureReady.mjs'].every((path) =>
    existsSync(new URL(path, import.meta.url)),
  )
}

/** What npm left half done looks installed to `ensureReady`. */
function describe(error) {
  if (!(error instanceof Error)) return String(error)
  const isPackageMissing = error.code === 'ERR_MODULE_NOT_FOUND' && isCheckout()
  return isPackageMissing ? `${error.message}; delete node_modules and start again` : error.message
}

async function main() {
  if (isCheckout()) {
    const { ensureReady } = await import('../tools/ensureReady.mjs')
    ensureReady()
  }
  const cli = await import('../dist/cli.js')
  await cli.main(process.argv.slice(2))
}

if (isNodeTooOld()) {
  console.error(`holdfast needs Node ${MIN_VERSION.join('.')} or newer; this is ${process.versions.node}.`)
  process.exitCode = 1
} else {
  main().catch((error) => {
    console.error(`holdfast: ${describe(error)}`)
    process.exitCode = 1
  })
}
