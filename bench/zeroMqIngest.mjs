/**
 * Pushes items to the PULL socket of holdfast as fast as they go in, to channels that nobody holds, and tells how many a second
 * it took and what CPU time each cost: `node bench/zeroMqIngest.mjs [--items N] [--encodings T,J] [--runs N] [--no-history]`.
 * The server has a CPU to itself, all its threads included; the row `floor` is a program that receives the same messages by the
 * same package and does nothing with them. Ends with code 1 below the bound.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Pull, Push } from 'zeromq'
import { cpuSeconds, processTree } from './lib/proc.mjs'
import { freePort, pinning, startProcess, stopAll, waitForPort } from './lib/processes.mjs'
import { median } from './lib/stats.mjs'

/** Items a second of one core's time, which other work on the machine moves less than the rate; what holdfast is to reach. */
const MUST = 80_000
const BUILD_MS = 120_000
const CHANNELS = 10_000
const WARM_UP_ITEMS = 200_000
const HIGH_WATER_MARK = 100_000
const DONE_CHANNEL = 'done'

const { values } = parseArgs({
  options: {
    role: { type: 'string', default: 'main' },
    items: { type: 'string', default: '1000000' },
    encodings: { type: 'string', default: 'T,J' },
    runs: { type: 'string', default: '3' },
    'no-history': { type: 'boolean', default: false },
    encoding: { type: 'string' },
    spec: { type: 'string' },
    port: { type: 'string' },
    server: { type: 'string' },
  },
})
const ITEMS = Number(values.items)

/** Writes strings and maps of them as a tnetstring. */
function tnetstring(value) {
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value},`
  const fields = Object.entries(value).map(([key, inner]) => tnetstring(key) + tnetstring(inner))
  return `${fields.join('').length}:${fields.join('')}}`
}

function encode(item, encoding) {
  return Buffer.from(encoding === 'J' ? `J${JSON.stringify(item)}` : `T${tnetstring(item)}`)
}

function streamItem(channel, id) {
  return { channel, id, formats: { 'http-stream': { content: `${id} `.padEnd(100, 'x') } } }
}

/** The load: pushes everything, then an item that the server sends on to a stream, or the floor to its parent. */
async function push() {
  const items = Array.from({ length: CHANNELS }, (_, i) =>
    encode(streamItem(`channel-${i}`, `${i}`), values.encoding),
  )
  const done = encode(
    { channel: DONE_CHANNEL, formats: { 'http-stream': { content: '!' } } },
    values.encoding,
  )
  const socket = new Push({ sendHighWaterMark: HIGH_WATER_MARK, linger: 10_000 })
  socket.connect(values.spec)
  const echo = await openEcho(Number(values.port))
  const round = async (count) => {
    for (let i = 0; i < count; i++) await socket.send(items[i % CHANNELS])
    await socket.send(done)
    await echo()
  }
  await round(WARM_UP_ITEMS)
  const pids = processTree([Number(values.server)])
  const start = { ms: performance.now(), cpu: cpuSeconds(pids) }
  await round(ITEMS)
  const seconds = (performance.now() - start.ms) / 1000
  console.log(JSON.stringify({ seconds, cpuSeconds: cpuSeconds(pids) - start.cpu }))
  process.exit(0)
}

/** Opens a stream of the channel that tells when all is taken; answers how to wait for its next byte. */
function openEcho(port) {
  return new Promise((resolve, reject) => {
    get({ port, path: `/stream?channel=${DONE_CHANNEL}` }, (response) => {
      let heard = () => {}
      response.on('data', (chunk) => {
        if (chunk.includes('!')) heard()
      })
      response.once('data', () => {
        const next = () =>
          new Promise((told) => {
            heard = told
          })
        resolve(next)
      })
    }).once('error', reject)
  })
}

/** The floor: receives, and sends a byte to its one client for each message about DONE_CHANNEL. */
async function floor() {
  const { createServer } = await import('node:http')
  let client
  createServer((_request, response) => {
    client = response
    response.write('open')
  }).listen(Number(values.port), '127.0.0.1')
  const socket = new Pull({ receiveHighWaterMark: HIGH_WATER_MARK })
  await socket.bind(values.spec)
  const doneLength = encode(
    { channel: DONE_CHANNEL, formats: { 'http-stream': { content: '!' } } },
    values.encoding,
  ).length
  for (;;) {
    const [message] = await socket.receive()
    if (message.length === doneLength) client.write('!')
  }
}

async function startServer(kind, encoding, dir) {
  const port = await freePort()
  const spec = `tcp://127.0.0.1:${await freePort()}`
  const self = fileURLToPath(import.meta.url)
  const args = kind === 'floor' ? floorArgs() : holdfastArgs()
  const server = startProcess(process.execPath, args, { role: 'server', logFile: join(dir, `${kind}.log`) })
  await waitForPort(port, server, BUILD_MS)
  return { server, spec, port }

  function floorArgs() {
    return [self, '--role=floor', `--encoding=${encoding}`, `--spec=${spec}`, `--port=${port}`]
  }
  function holdfastArgs() {
    const history = values['no-history'] ? 'history_size=0\n' : ''
    const config = join(dir, 'holdfast.conf')
    writeFileSync(join(dir, 'routes'), '* test\n')
    const conf = `[runner]\nhttp_port=127.0.0.1:${port}\nlog_level=1\n[proxy]\nroutesfile=routes\n[handler]\npush_in_spec=${spec}\n${history}`
    writeFileSync(config, conf)
    return [fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url)), `--config=${config}`]
  }
}

async function measure(kind, encoding) {
  const dir = mkdtempSync(join(tmpdir(), 'zeromq-ingest-'))
  const { server, spec, port } = await startServer(kind, encoding, dir)
  const args = [fileURLToPath(import.meta.url), '--role=push', `--encoding=${encoding}`, `--items=${ITEMS}`]
  const load = startProcess(
    process.execPath,
    [...args, `--spec=${spec}`, `--port=${port}`, `--server=${server.pid}`],
    { role: 'load', logFile: join(dir, 'load.log'), stdout: 'pipe' },
  )
  let output = ''
  load.child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await load.exited
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
  const { seconds, cpuSeconds: cpu } = JSON.parse(output)
  return { perSecond: ITEMS / seconds, perCpuSecond: ITEMS / cpu }
}

async function main() {
  const pinned = pinning ? 'server and load on a CPU each' : 'not pinned'
  console.log(
    `${ITEMS} items of 100 bytes to ${CHANNELS} channels, ${pinned}; medians of ${values.runs} runs`,
  )
  let isFastEnough = true
  for (const encoding of values.encodings.split(',')) {
    for (const kind of ['floor', 'holdfast']) {
      const runs = []
      for (let i = 0; i < Number(values.runs); i++) runs.push(await measure(kind, encoding))
      const perSecond = Math.round(median(runs.map((run) => run.perSecond)))
      const perCpuSecond = Math.round(median(runs.map((run) => run.perCpuSecond)))
      console.log(`${encoding} ${kind.padEnd(8)} ${perSecond} items/s, ${perCpuSecond} per CPU second`)
      if (kind === 'holdfast' && perCpuSecond < MUST) isFastEnough = false
    }
  }
  return isFastEnough ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => stopAll().then(() => process.exit(130)))

if (values.role === 'push') await push()
else if (values.role === 'floor') await floor()
else {
  try {
    process.exitCode = await main()
  } finally {
    await stopAll()
  }
}
