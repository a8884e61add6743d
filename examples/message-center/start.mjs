/** Starts the centre: the application, two nodes of holdfast that NATS joins, and beside each of them a way in for pushes. */
import { startHoldfast } from '../support/holdfast.mjs'
import { startNatsServer } from '../support/natsServer.mjs'
import { stopServers } from '../support/servers.mjs'
import { startOrigin } from './origin.mjs'
import { startPushApi } from './pushApi.mjs'
import { tokenFor } from './token.mjs'

const ONE_NODE =
  'nats-server is not installed, so this is one node instead of two; Debian has a package of that name.'

/** Answers what runs; `ports` has the ports of each node, and is empty where they are to be free ones. */
export async function start(ports) {
  const origin = await startOrigin()
  const nats = await startNatsServer()
  const seats = nats === undefined ? ['A'] : ['A', 'B']
  if (nats === undefined) console.log(ONE_NODE)
  const cluster = nats && [`nats_servers=${nats.address}`]
  const originPort = origin.address().port
  // One after the other: the first builds what all run, if it is not built yet.
  const nodes = []
  for (const name of seats) nodes.push(await startNode(name, { ...ports[name], originPort, cluster }))
  return {
    nodes,
    welcome: [
      ...nodes.map(
        ({ name, http, api }) =>
          `Node ${name}: ws://127.0.0.1:${http}/messages, and for pushes http://127.0.0.1:${api}/push`,
      ),
      `The token of user 456 is ${tokenFor('456')}. See README.md for what to type.`,
    ].join('\n'),
    exited: Promise.race(nodes.map(({ holdfast }) => holdfast.exited)),
    stop: async () => {
      for (const { holdfast } of nodes) await holdfast.stop()
      stopServers([origin, ...nodes.map(({ pushApi }) => pushApi)])
      await nats?.stop()
    },
  }
}

async function startNode(name, { http: httpPort, control: controlPort, api, originPort, cluster }) {
  const holdfast = await startHoldfast({ httpPort, controlPort, originPort, target: 'over_http', cluster })
  const pushApi = await startPushApi({ controlPort: holdfast.control, port: api })
  return { name, holdfast, pushApi, http: holdfast.http, api: pushApi.address().port }
}
