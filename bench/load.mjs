/**
 * One measurement in a process of its own: `node bench/load.mjs JSON`, started by run.mjs. Prints one JSON object.
 * It talks to loopback only and ends itself when `limitSecs` have passed.
 */
import { fanOut } from './lib/load/fanOut.mjs'
import { holdStreams } from './lib/load/holdStreams.mjs'
import { kick } from './lib/load/kick.mjs'
import { longPoll } from './lib/load/longPoll.mjs'
import { proxied } from './lib/load/proxied.mjs'

const LOADS = { fanOut, holdStreams, kick, longPoll, proxied }

const options = JSON.parse(process.argv[2] ?? '{}')
const load = LOADS[options.load]
if (load === undefined) throw new Error(`unknown load: ${options.load}`)
setTimeout(() => {
  process.stderr.write(`gave up after ${options.limitSecs} s\n`)
  process.exit(3)
}, options.limitSecs * 1000)
try {
  const result = await load(options)
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
