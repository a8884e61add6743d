/** What the `run.mjs` of an example does with its arguments. */
import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_LIMIT_MS = 10_000

/**
 * Without arguments: starts the example on free ports, checks it, says what went wrong, and ends. With `--serve` it stays, for
 * trying by hand, on `ports`; with `--serve --free-ports` on free ones.
 *
 *     start(ports)     answers { welcome, exited, stop, ... }; a port that is missing is to be a free one
 *     check(example)   answers what went wrong, as texts
 *     success          is said when nothing did
 */
export async function runExample({ start, check, success, ports }) {
  const isServing = process.argv.includes('--serve')
  // What was started ends with us.
  if (!isServing) for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const example = await start(isServing && !process.argv.includes('--free-ports') ? ports : {})
  try {
    process.exitCode = isServing ? await stay(example) : report(await check(example), success)
  } finally {
    await example.stop()
  }
}

async function stay({ welcome, exited }) {
  console.log(welcome)
  const told = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
  })
  await Promise.race([told, exited])
  return 0
}

function report(faults, success) {
  for (const fault of faults) console.error(`wrong: ${fault}`)
  if (faults.length === 0) console.log(success)
  return faults.length === 0 ? 0 : 1
}

/** Waits until something is so, and not for ever: answers whether it came to be. */
export async function eventually(isSo) {
  const deadline = performance.now() + WAIT_LIMIT_MS
  while (performance.now() < deadline) {
    if (await isSo()) return true
    await sleep(5)
  }
  return false
}
