/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { startHoldfast } from '../support/holdfast.mjs'
import { startOrigin } from './origin.mjs'
import { startPushApi } from './pushApi.mjs'
import { CLIENTS, ROUNDS, selfCheck } from './selfCheck.mjs'
import { tokenFor } from './token.mjs'

const HTTP_PORT = 7999
const CONTROL_PORT = 5561
const API_PORT = 5580
const SHOWN_FAULTS = 10

async function start({ httpPort, controlPort, apiPort } = {}) {
  const origin = await startOrigin()
  const originPort = origin.address().port
  const holdfast = await startHoldfast({ httpPort, controlPort, originPort, target: 'over_http' })
  const api = await startPushApi({ controlPort: holdfast.control, port: apiPort })
  const close = () => {
    for (const server of [origin, api]) {
      server.close()
      server.closeAllConnections()
    }
  }
  return { holdfast, apiPort: api.address().port, close }
}

async function check() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const { holdfast, apiPort, close } = await start()
  try {
    return report(await selfCheck({ httpPort: holdfast.http, apiPort }))
  } finally {
    await holdfast.stop()
    close()
  }
}

function report(faults) {
  console.log(`${CLIENTS * ROUNDS} pushes to ${CLIENTS} clients, each with two subscriptions and then one.`)
  for (const fault of faults.slice(0, SHOWN_FAULTS)) console.error(`wrong: ${fault}`)
  if (faults.length > SHOWN_FAULTS) console.error(`and ${faults.length - SHOWN_FAULTS} more`)
  if (faults.length === 0)
    console.log('Each client got what it was subscribed to, and each mistake was answered.')
  return faults.length === 0 ? 0 : 1
}

async function serve() {
  const { holdfast, close } = await start({
    httpPort: HTTP_PORT,
    controlPort: CONTROL_PORT,
    apiPort: API_PORT,
  })
  console.log(
    `Listening on ws://127.0.0.1:${HTTP_PORT}/messages, and for pushes on http://127.0.0.1:${API_PORT}/push;`,
  )
  console.log(`the token of user 456 is ${tokenFor('456')}. See README.md for what to type.`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, holdfast.stop)
  await holdfast.exited
  close()
  return 0
}

process.exitCode = await (process.argv.includes('--serve') ? serve() : check())
