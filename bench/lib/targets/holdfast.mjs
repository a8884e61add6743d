/** This project, as its users start it: a Pushpin-style configuration; one process, or workers under a primary. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startProcess, waitForPort } from '../processes.mjs'

/** A checkout builds itself when it is first started. */
const BUILD_MS = 120_000

/** One process. */
export const holdfast = createTarget('holdfast', 0)

/** A primary with as many workers; all on the core of the server. */
export const holdfastWorker = createTarget('holdfast-1-worker', 1)
export const holdfastWorkers = createTarget('holdfast-2-workers', 2)

function createTarget(name, workers) {
  return {
    name,
    // Of one process there is less to see beside other servers.
    onlyWhenNamed: workers > 0,
    can: ['streams', 'sockets', 'grip', 'gripSockets', 'proxy', 'longPoll', 'kick'],
    isInstalled: ({ checkout }) => existsSync(programOf(checkout)),
    start: (place) => start(place, workers),
  }
}

/** Starts the server of `checkout` in front of the origin, with its files in `dir`. */
async function start({ dir, originPort, logLevel, checkout }, workers) {
  const port = await freePort()
  const controlPort = await freePort()
  const config = join(dir, 'holdfast.conf')
  const origin = `127.0.0.1:${originPort}`
  writeFileSync(join(dir, 'routes'), `* ${origin}\n*,path_beg=/socket ${origin},over_http\n`)
  writeFileSync(
    config,
    `[runner]
http_port=127.0.0.1:${port}
log_level=${logLevel}
workers=${workers}

[proxy]
routesfile=routes

[handler]
push_in_http_addr=127.0.0.1
push_in_http_port=${controlPort}
`,
  )
  const server = startProcess(process.execPath, [programOf(checkout), `--config=${config}`], {
    role: 'server',
    logFile: join(dir, 'holdfast.log'),
  })
  await waitForPort(port, server, BUILD_MS)
  await waitForPort(controlPort, server)
  return { port, publish: { port: controlPort, style: 'items' }, processes: [server] }
}

function programOf(checkout) {
  return join(checkout, 'bin', 'holdfast.mjs')
}
