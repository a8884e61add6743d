/** Starts the origin, and holdfast in front of it. */
import { freePort, startHoldfast } from '../support/holdfast.mjs'
import { stopServers } from '../support/servers.mjs'
import { startOrigin } from './origin.mjs'

/** Answers what runs. */
export async function start({ http, control }) {
  const controlPort = control ?? (await freePort())
  const origin = await startOrigin(controlPort)
  const originPort = origin.address().port
  const holdfast = await startHoldfast({ originPort, httpPort: http, controlPort, target: 'over_http' })
  const address = `127.0.0.1:${holdfast.http}`
  return {
    address,
    welcome: `Open http://${address}/?name=ann, and in another window http://${address}/?name=bob`,
    exited: holdfast.exited,
    stop: async () => {
      await holdfast.stop()
      stopServers([origin])
    },
  }
}
