import { fileURLToPath } from 'node:url'
import { TestProcess } from './process.ts'
import { publishCounted } from './publish.ts'
import { prepare, running } from './runningServer.ts'
import type { Target } from './targetTypes.ts'
import { eventually } from './waiting.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

/** The program of this repository, as `npm install` would put it on a machine. */
export const holdfastTarget: Target = {
  name: 'holdfast',
  async start(options) {
    const prepared = await prepare(options, () => ({}))
    const { directory, confPath, controlPort, routeArgs } = prepared
    const server = new TestProcess(process.execPath, [program, `--config=${confPath}`, ...routeArgs], {
      cwd: directory,
    })
    return running(prepared, options, {
      process: server,
      logs: () => server.output,
      subscribed: (channel, count) =>
        eventually(`${count} holds on ${channel}`, async () => {
          const [item] = await publishCounted(controlPort, [touchItem(channel)])
          return item !== undefined && item.holds >= count
        }).then(() => {}),
      stop: () => server.stop(),
    })
  },
}

/** An item that reaches every hold and changes nothing. */
function touchItem(channel: string): Record<string, unknown> {
  return {
    channel,
    formats: { 'http-response': { action: 'refresh' }, 'http-stream': { action: 'refresh' } },
  }
}
