import { fileURLToPath } from 'node:url'
import { startNodePair } from './nodePair.ts'
import { TestProcess } from './process.ts'
import { prepare, running } from './runningServer.ts'
import type { Running, StartOptions, Target } from './targetTypes.ts'
import { untilSubscribed } from './untilSubscribed.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

/** The level whose lines tell of subscriptions. An item published to find them would be one more of the channel's chain. */
const DEBUG = 3

/** Worker processes of each node, and nodes (1 or 2): the flows are the same with any number. */
const { HOLDFAST_TEST_WORKERS: WORKERS = 0, HOLDFAST_TEST_NODES: NODES = '1' } = process.env

/** The server would warn of settings that it does not know. */
const withoutOurs = { HOLDFAST_TEST_WORKERS: undefined, HOLDFAST_TEST_NODES: undefined }

/** Whether clients are at another node than publishers and operators. */
export const isNodePair = NODES === '2'
if (!isNodePair && NODES !== '1') throw new Error(`HOLDFAST_TEST_NODES is '${NODES}', not one of 1, 2`)

/** The program of this repository, as `npm install` would put it on a machine. */
export const holdfastTarget: Target = {
  name: 'holdfast',
  start: (options) =>
    isNodePair && options.conf?.['cluster'] === undefined
      ? startNodePair(options, startNode)
      : startNode(options),
}

async function startNode(options: StartOptions): Promise<Running> {
  const prepared = await prepare(options, () => ({ runner: { log_level: DEBUG, workers: WORKERS } }))
  const { directory, confPath, routeArgs } = prepared
  const { nodeArgs = [], env } = options
  const args = [...nodeArgs, program, `--config=${confPath}`, ...routeArgs]
  const server = new TestProcess(process.execPath, args, { cwd: directory, env: { ...withoutOurs, ...env } })
  return running(prepared, options, {
    process: server,
    workers: Number(options.conf?.['runner']?.['workers'] ?? WORKERS),
    logs: () => server.output,
    subscribed: (channel, count) => untilSubscribed(server, channel, count),
    stop: () => server.stop(),
  })
}
