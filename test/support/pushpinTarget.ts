import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStream } from './client.ts'
import { type ConfSections, confText } from './confFile.ts'
import { TestProcess } from './process.ts'
import { HOLD_PROBE_HOST, prepare, running } from './runningServer.ts'
import type { Running, Target } from './targetTypes.ts'
import { untilSubscribed } from './untilSubscribed.ts'
import { eventually } from './waiting.ts'

/**
 * Pushpin 1.36 as Debian packages it, with a Zurl (its client towards origins) of our own: the packaged service
 * refuses loopback origins. Everything lives in a directory of its own, so that several can run side by side.
 */
export const pushpinTarget: Target = {
  name: 'pushpin',
  async start(options) {
    const prepared = await prepare(options, pushpinConf)
    const { directory, confPath, routeArgs } = prepared
    const zurl = await startZurl(directory)
    // Ends its three processes itself, when it gets SIGTERM.
    const runner = new TestProcess('pushpin', ['-m', `--config=${confPath}`, ...routeArgs], {
      cwd: directory,
    })
    const server = await running(prepared, options, {
      process: runner,
      logs: () => runner.output,
      subscribed: (channel, count) => untilSubscribed(runner, channel, count),
      stop: async () => {
        await runner.stop()
        await zurl.stop()
      },
    })
    if (options.routes !== undefined || options.routeFlags !== undefined) await untilHolding(server)
    return server
  },
}

/** Its process for holds may join later than the others; until then, requests to be held are answered 500 or never. */
async function untilHolding(server: Running): Promise<void> {
  try {
    await eventually('the server holds requests', () => isHolding(server.port))
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function isHolding(port: number): Promise<boolean> {
  try {
    const stream = await openStream(port, '/stream?channel=hold-probe', {
      host: HOLD_PROBE_HOST,
      timeoutMs: 300,
    })
    stream.client.destroy()
    return stream.head.status === 200
  } catch {
    return false
  }
}

function pushpinConf(directory: string): ConfSections {
  const run = runDirectory(directory)
  return {
    global: { include: '/usr/lib/pushpin/internal.conf', rundir: run, ipc_prefix: 'flow-', port_offset: 0 },
    runner: {
      services: 'condure,pushpin-proxy,pushpin-handler',
      logdir: directory,
      log_level: 2,
      client_buffer_size: 8192,
      client_maxconn: 1000,
      condure_bin: 'condure',
    },
    proxy: {
      zurl_out_specs: `ipc://${run}/zurl-in`,
      zurl_out_stream_specs: `ipc://${run}/zurl-in-stream`,
      zurl_in_specs: `ipc://${run}/zurl-out`,
      updates_check: 'off',
    },
  }
}

async function startZurl(directory: string): Promise<TestProcess> {
  const run = runDirectory(directory)
  mkdirSync(run)
  const confPath = join(directory, 'zurl.conf')
  const conf = {
    instance_id: '',
    in_spec: `ipc://${run}/zurl-in`,
    in_stream_spec: `ipc://${run}/zurl-in-stream`,
    out_spec: `ipc://${run}/zurl-out`,
    in_req_spec: `ipc://${run}/zurl-req`,
    defpolicy: 'allow',
    allow: '',
    deny: '',
    max_open_requests: 2000,
    buffer_size: 200_000,
    timeout: 600,
    in_hwm: 1000,
    out_hwm: 1000,
  }
  writeFileSync(confPath, confText({ General: conf }))
  const zurl = new TestProcess('zurl', [`--config=${confPath}`], { cwd: directory })
  const sockets = [conf.in_spec, conf.in_stream_spec, conf.out_spec].map((spec) =>
    spec.slice('ipc://'.length),
  )
  await eventually('zurl listens', () => {
    if (zurl.hasExited) throw new Error(`zurl exited: ${zurl.output}`)
    return sockets.every((path) => existsSync(path))
  })
  return zurl
}

function runDirectory(directory: string): string {
  return join(directory, 'run')
}
