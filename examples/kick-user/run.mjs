/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { startHoldfast } from '../support/holdfast.mjs'
import { startOrigin } from './origin.mjs'
import { P99_LIMIT_MS, selfCheck } from './selfCheck.mjs'

const HTTP_PORT = 7999
const CONTROL_PORT = 5561
const SHOWN_PROBLEMS = 10

async function check() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const origin = await startOrigin()
  const holdfast = await startHoldfast({ originPort: origin.address().port })
  try {
    return report(await selfCheck({ httpPort: holdfast.http, controlPort: holdfast.control }))
  } finally {
    await holdfast.stop()
    origin.close()
  }
}

function report({ latencies, faults }) {
  const percentile = (share) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
  const ms = (value) => `${value.toFixed(2)} ms`
  const p99 = percentile(0.99)
  console.log(`${latencies.length} kicks, from publish to the end of the client's stream:`)
  console.log(`p50 ${ms(percentile(0.5))}  p99 ${ms(p99)}  max ${ms(latencies.at(-1))}`)
  const problems = p99 > P99_LIMIT_MS ? [...faults, `p99 is over ${P99_LIMIT_MS} ms`] : faults
  for (const problem of problems.slice(0, SHOWN_PROBLEMS)) console.error(`wrong: ${problem}`)
  if (problems.length > SHOWN_PROBLEMS) console.error(`and ${problems.length - SHOWN_PROBLEMS} more`)
  if (problems.length === 0)
    console.log("Each kick ended that user's stream and no other; nobody missed an item.")
  return problems.length === 0 ? 0 : 1
}

async function serve() {
  const origin = await startOrigin()
  const originPort = origin.address().port
  const holdfast = await startHoldfast({ originPort, httpPort: HTTP_PORT, controlPort: CONTROL_PORT })
  console.log(
    `Listening on http://127.0.0.1:${HTTP_PORT}/events?user=NUMBER; see README.md for what to type.`,
  )
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, holdfast.stop)
  await holdfast.exited
  origin.close()
  return 0
}

process.exitCode = await (process.argv.includes('--serve') ? serve() : check())
