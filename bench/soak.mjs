/**
 * Whether memory stays flat: `node bench/soak.mjs [--minutes N] [--clients N] [--items N] [--mutations N]`, loopback only, on the
 * holdfast of this checkout. Streams, long polls and WebSockets over HTTP come, are published to (`--items` a second) and go again,
 * for so many minutes, while requests that are changed at random (`--mutations` a second) come in at every port; what the server
 * keeps, and the share of a core that it used, is told each 15 s. Prints one Markdown row at the end, and exits with 1 when the
 * second half of the time took more memory than the first by a tenth, when anything was uncaught, or when the server did not stop well.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutatedRequest } from './lib/mutate.mjs'
import { cpuSeconds, residentBytes } from './lib/proc.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    clients: { type: 'string', default: '2000' },
    items: { type: 'string', default: '40' },
    mutations: { type: 'string', default: '0' },
  },
})
const MINUTES = Number(values.minutes)
const CLIENTS = Number(values.clients)
const CHANNELS = 50
const TICK_MS = 25
const MOST_PER_TICK = 100
const SAMPLE_MS = 15_000
/** A client stays for a time between these, and then another takes its place. */
const STAY_MS = { least: 2000, most: 60_000 }
const PUBLISHES_PER_SECOND = Number(values.items)
const MUTATIONS_PER_SECOND = Number(values.mutations)
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const counts = { opened: 0, published: 0, mutations: 0, bytes: 0, failed: 0 }

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

function start(args, options) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options })
  process.on('exit', () => child.kill('SIGKILL'))
  return child
}

const requests = {
  stream: (channel) => `GET /stream?c=${channel} HTTP/1.1\r\nHost: h\r\n\r\n`,
  poll: (channel) => `GET /response?c=${channel} HTTP/1.1\r\nHost: h\r\n\r\n`,
  socket: (channel) =>
    `GET /socket?c=${channel} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
}
const KINDS = Object.keys(requests)

/** One place among the clients: somebody is there, leaves, and the next one comes. */
async function occupy(port, index, isOver) {
  const kind = KINDS[index % KINDS.length]
  while (!isOver()) {
    const channel = `soak-${Math.floor(Math.random() * CHANNELS)}`
    const stayMs = STAY_MS.least + Math.random() * (STAY_MS.most - STAY_MS.least)
    await visit(port, requests[kind](channel), stayMs)
  }
}

function visit(port, request, stayMs) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(request))
    let hasHead = false
    const timer = setTimeout(() => socket.destroy(), stayMs)
    socket.on('data', (chunk) => {
      if (!hasHead) counts.opened++
      hasHead = true
      counts.bytes += chunk.length
    })
    socket.on('error', () => {
      counts.failed++
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

async function publish(controlPort) {
  const channel = `soak-${counts.published % CHANNELS}`
  const text = `${counts.published} ${'x'.repeat(200)}`
  const formats = {
    'http-stream': { content: `data: ${text}\n\n` },
    'http-response': { body: `${text}\n` },
    'ws-message': { content: text },
  }
  const response = await fetch(`http://127.0.0.1:${controlPort}/publish/`, {
    method: 'POST',
    body: JSON.stringify({ items: [{ channel, formats }] }),
  })
  await response.arrayBuffer()
  counts.published++
}

/** Calls `act` so many times a second until it is over, never waiting for more than one tick's calls. */
async function keepUp(act, { perSecond, isOver }) {
  const beganMs = performance.now()
  for (let done = 0; !isOver(); ) {
    const due = Math.floor(((performance.now() - beganMs) / 1000) * perSecond) - done
    await Promise.all([sleep(TICK_MS), ...Array.from({ length: Math.min(due, MOST_PER_TICK) }, act)])
    done += due
  }
}

/** Sends bytes that are no request, or nearly one, to a port that clients, publishers or ZeroMQ peers reach. */
async function attack(ports) {
  const socket = connect(ports[counts.mutations++ % ports.length], '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  socket.write(mutatedRequest(), 'latin1')
  await Promise.race([new Promise((resolve) => socket.once('close', resolve)), sleep(TICK_MS)])
  socket.destroy()
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const percent = (part) => `${(100 * part).toFixed(0)} %`
const megabytes = (bytes) => (bytes / 1024 / 1024).toFixed(1)

const [originPort, port, controlPort, pullPort] = await Promise.all([1, 2, 3, 4].map(freePort))
const origin = start([here('./origin.mjs'), String(originPort)])
const target = `127.0.0.1:${originPort}`
const directory = mkdtempSync(join(tmpdir(), 'soak-'))
const config = join(directory, 'holdfast.conf')
writeFileSync(join(directory, 'routes'), `*,proto=ws ${target},over_http\n* ${target}\n`)
writeFileSync(
  config,
  `[runner]
http_port=127.0.0.1:${port}
log_level=1
[proxy]
routesfile=routes
[handler]
push_in_http_addr=127.0.0.1
push_in_http_port=${controlPort}
push_in_spec=tcp://127.0.0.1:${pullPort}
`,
)
const server = start([here('../bin/holdfast.mjs'), `--config=${config}`])
await sleep(10_000)
const endMs = Date.now() + MINUTES * 60_000
const isOver = () => Date.now() >= endMs
const places = Array.from({ length: CLIENTS }, async (_, i) => {
  await sleep(Math.random() * STAY_MS.most)
  await occupy(port, i, isOver)
})
const items = keepUp(() => publish(controlPort), { perSecond: PUBLISHES_PER_SECOND, isOver })
const attacks = keepUp(() => attack([port, controlPort, pullPort]), {
  perSecond: MUTATIONS_PER_SECOND,
  isOver,
})
const samples = []
// What the server keeps for its clients is there when each place was taken once.
await sleep(STAY_MS.most)
let cpu = cpuSeconds([server.pid])
const busy = []
while (!isOver()) {
  await sleep(SAMPLE_MS)
  samples.push(residentBytes([server.pid]))
  const used = cpuSeconds([server.pid])
  busy.push((used - cpu) / (SAMPLE_MS / 1000))
  cpu = used
  process.stderr.write(
    `${samples.length * 15} s: ${megabytes(samples.at(-1))} MB, ${percent(busy.at(-1))} of a core, ${JSON.stringify(counts)}\n`,
  )
}
await Promise.all([items, attacks])
const half = Math.floor(samples.length / 2)
const [first, second] = [mean(samples.slice(0, half)), mean(samples.slice(half))]
const stopped = new Promise((resolve) => server.once('exit', resolve))
server.kill('SIGTERM')
const code = await stopped
await Promise.all(places)
origin.kill()
rmSync(directory, { recursive: true })
const row = [
  `${MINUTES} min`,
  percent(mean(busy)),
  CLIENTS,
  counts.opened,
  counts.published,
  counts.mutations,
  `${megabytes(first)} MB`,
  `${megabytes(second)} MB`,
  counts.failed,
  code,
]
process.stdout.write(`| ${row.join(' | ')} |\n`)
process.exit(second > first * 1.1 || code !== 0 ? 1 : 0)
