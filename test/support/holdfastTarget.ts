import { fileURLToPath } from 'node:url'
import { TestProcess } from './process.ts'
import { prepare, running } from './runningServer.ts'
import type { Target } from './targetTypes.ts'
import { untilSubscribed } from './untilSubscribed.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

/** The level whose lines tell of subscriptions. An item published to find them would be one more of the channel's chain. */
const DEBUG = 3

/** Worker processes: the flows are the same with any number. */
const { HOLDFAST_TEST_WORKERS: WORKERS = 0 } = process.env

/** The program of this repository, as `npm install` would put it on a machine. */
export const holdfastTarget: Target = {
  name: 'holdfast',
  async start(options) {
    const prepared = await prepare(options, () => ({ runner: { log_level: DEBUG, workers: WORKERS } }))
    const { directory, confPath, routeArgs } = prepared
    const { nodeArgs = [] } = options
    const args = [...nodeArgs, program, `--config=${confPath}`, ...routeArgs]
    const server = new TestProcess(process.execPath, args, { cwd: directory })
    return running(prepared, options, {
      process: server,
      logs: () => server.output,
      subscribed: (channel, count) => untilSubscribed(server, channel, count),
      stop: () => server.stop(),
    })
  },
}
