/** Pushpin 1.36 as Debian ships it: condure, proxy and handler under one runner, and Zurl beside them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isInstalled, startProcess, waitForPort } from '../processes.mjs'

const INTERNAL = '/usr/lib/pushpin/internal.conf'

export const pushpin = {
  name: 'pushpin',
  can: ['streams', 'sockets', 'grip', 'gripSockets', 'proxy', 'longPoll', 'kick'],
  isInstalled: () => existsSync(INTERNAL) && isInstalled('pushpin') && existsSync('/usr/bin/zurl'),

  /** Starts all five processes with private sockets in `dir`. */
  async start({ dir, originPort, logLevel }) {
    const port = await freePort()
    const controlPort = await freePort()
    const sockets = join(dir, 'sockets')
    mkdirSync(sockets)
    writeFileSync(join(dir, 'zurl.conf'), zurlConfig(sockets))
    writeFileSync(join(dir, 'internal.conf'), internalConfig(sockets))
    const origin = `127.0.0.1:${originPort}`
    writeFileSync(join(dir, 'routes'), `* ${origin}\n*,path_beg=/socket ${origin},over_http\n`)
    writeFileSync(join(dir, 'pushpin.conf'), pushpinConfig({ dir, sockets, port, controlPort, logLevel }))
    const zurl = startProcess('zurl', [`--config=${join(dir, 'zurl.conf')}`, `--loglevel=${logLevel}`], {
      role: 'server',
      logFile: join(dir, 'zurl.log'),
    })
    const server = startProcess('pushpin', [`--config=${join(dir, 'pushpin.conf')}`], {
      role: 'server',
      logFile: join(dir, 'pushpin.log'),
    })
    await waitForPort(port, server)
    await waitForPort(controlPort, server)
    await sleep(500) // the ports open a little before the processes have found each other
    return { port, publish: { port: controlPort, style: 'items' }, processes: [server, zurl] }
  },
}

/** Debian's Zurl refuses loopback targets; an empty `deny` allows them. */
function zurlConfig(sockets) {
  return `[General]
instance_id=
in_spec=ipc://${sockets}/zurl-in
in_stream_spec=ipc://${sockets}/zurl-in-stream
out_spec=ipc://${sockets}/zurl-out
in_req_spec=ipc://${sockets}/zurl-req
ipc_file_mode=600
defpolicy=allow
allow=
deny=
max_open_requests=2000
buffer_size=200000
timeout=600
in_hwm=1000
out_hwm=1000
`
}

/** Debian's internal.conf with Zurl's sockets where ours listens. */
function internalConfig(sockets) {
  return readFileSync(INTERNAL, 'utf8').replaceAll('ipc:///var/run/zurl/', `ipc://${sockets}/`)
}

/**
 * Debian's defaults without the rate limit on published messages (2,500 a second): no other server here has one, and
 * with any rate at all Pushpin delivers in batches, up to 25 ms late.
 */
function pushpinConfig({ dir, sockets, port, controlPort, logLevel }) {
  return `[global]
include=${dir}/internal.conf
rundir=${sockets}
ipc_prefix=pushpin-
port_offset=0

[runner]
services=condure,pushpin-proxy,pushpin-handler
http_port=127.0.0.1:${port}
logdir=${dir}
log_level=${logLevel}
client_buffer_size=8192
client_maxconn=50000

[proxy]
routesfile=routes
sig_key=bench
updates_check=off

[handler]
push_in_spec=ipc://${sockets}/push-in
push_in_sub_specs=ipc://${sockets}/push-in-sub
command_spec=ipc://${sockets}/command
push_in_http_addr=127.0.0.1
push_in_http_port=${controlPort}
message_rate=-1
`
}
