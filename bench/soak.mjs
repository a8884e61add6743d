/**
 * Whether memory stays flat: `node bench/soak.mjs [MINUTES] [CLIENTS]`, loopback only, on the holdfast of this checkout. Streams, long
 * polls and WebSockets over HTTP come, are published to, and go again, for so many minutes; what the server keeps is told each 15 s.
 * Prints one Markdown row at the end, and exits with 1 when the second half of the time took more memory than the first by a tenth.
 */
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { residentBytes } from './lib/proc.mjs'

const MINUTES = Number(process.argv[2] ?? 60)
const CLIENTS = Number(process.argv[3] ?? 2000)
const CHANNELS = 50
const SAMPLE_MS = 15_000
/** A client stays for a time between these, and then another takes its place. */
const STAY_MS = { least: 2000, most: 60_000 }
const PUBLISHES_PER_SECOND = 40
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const counts = { opened: 0, published: 0, bytes: 0, failed: 0 }

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

async function publishFor(controlPort, isOver) {
  while (!isOver()) {
    await Promise.all([publish(controlPort), sleep(1000 / PUBLISHES_PER_SECOND)])
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const megabytes = (bytes) => (bytes / 1024 / 1024).toFixed(1)

const [originPort, port, controlPort] = [await freePort(), await freePort(), await freePort()]
const origin = start([here('./origin.mjs'), String(originPort)])
const target = `127.0.0.1:${originPort}`
const server = start([here('../bin/holdfast.mjs')], {
  env: {
    ...process.env,
    HOLDFAST_PORT: `127.0.0.1:${port}`,
    HOLDFAST_CONTROL_PORT: String(controlPort),
    HOLDFAST_ROUTES: `*,proto=ws ${target},over_http\n* ${target}`,
    HOLDFAST_LOG_LEVEL: '1',
  },
})
await sleep(10_000)
const endMs = Date.now() + MINUTES * 60_000
const isOver = () => Date.now() >= endMs
const places = Array.from({ length: CLIENTS }, async (_, i) => {
  await sleep(Math.random() * STAY_MS.most)
  await occupy(port, i, isOver)
})
const publishing = publishFor(controlPort, isOver)
const samples = []
// What the server keeps for its clients is there when each place was taken once.
await sleep(STAY_MS.most)
while (!isOver()) {
  samples.push(residentBytes([server.pid]))
  process.stderr.write(
    `${samples.length * 15} s: ${megabytes(samples.at(-1))} MB, ${JSON.stringify(counts)}\n`,
  )
  await sleep(SAMPLE_MS)
}
await publishing
const half = Math.floor(samples.length / 2)
const [first, second] = [mean(samples.slice(0, half)), mean(samples.slice(half))]
const stopped = new Promise((resolve) => server.once('exit', resolve))
server.kill('SIGTERM')
const code = await stopped
await Promise.all(places)
origin.kill()
process.stdout.write(
  `| ${MINUTES} min | ${CLIENTS} | ${counts.opened} | ${counts.published} | ${megabytes(first)} MB | ${megabytes(second)} MB | ${counts.failed} | ${code} |\n`,
)
process.exit(second > first * 1.1 || code !== 0 ? 1 : 0)
