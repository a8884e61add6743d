/**
 * Holds streams whose next links all time out together, again and again, and counts how many questions the origin is asked
 * at once: `node bench/nextLinks.mjs [--streams N] [--rounds N] [--timeout S] [--delay-ms N]`. The first round is that of the first
 * subscriptions, the others are timeouts. Ends with code 1 when it is more than the bound.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSocket } from './lib/load/sockets.mjs'
import { stopAll } from './lib/processes.mjs'
import { holdfast } from './lib/targets/holdfast.mjs'

/** MAX_CONCURRENT_UPDATES of src/hold/updates.ts. */
const BOUND = 100
const CONNECTS_AT_ONCE = 64
const LIMIT_MS = 300_000

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '10' },
    'delay-ms': { type: 'string', default: '50' },
  },
})
const STREAMS = Number(values.streams)
const ROUNDS = Number(values.rounds)
const LINK_TIMEOUT_SECONDS = Number(values.timeout)
const DELAY_MS = Number(values['delay-ms'])

/** Counts the questions about next links that are being answered. Each stream has a link of its own: none can be shared. */
function startOrigin() {
  const counts = { now: 0, max: 0, answered: 0, maxPerSecond: 0 }
  const perSecond = new Map()
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const isNext = request.url.startsWith('/next')
    const stream = new URL(request.url, 'http://origin').searchParams.get('stream')
    response.writeHead(200, {
      'Grip-Hold': 'stream',
      'Grip-Channel': `stream-${stream}; prev-id=1`,
      'Grip-Link': `</next?stream=${stream}>; rel=next; timeout=${LINK_TIMEOUT_SECONDS}`,
    })
    if (!isNext) return response.end('held\n')
    counts.now++
    counts.max = Math.max(counts.max, counts.now)
    const second = Math.floor(performance.now() / 1000)
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
    counts.maxPerSecond = Math.max(counts.maxPerSecond, perSecond.get(second))
    setTimeout(() => {
      counts.now--
      counts.answered++
      response.end('next\n')
    }, DELAY_MS)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ server, counts })))
}

/** Opens one stream; resolves when its first bytes are there. */
function hold(port, stream) {
  return new Promise((resolve, reject) => {
    const socket = openSocket(port, {
      connected: () => socket.write(`GET /stream?stream=${stream} HTTP/1.1\r\nHost: bench.test\r\n\r\n`),
      read: () => resolve(socket),
      closed: () => reject(new Error(`stream ${stream} was closed before it was held`)),
    })
  })
}

async function holdAll(port) {
  const sockets = []
  let next = 0
  const holdNext = async () => {
    while (next < STREAMS) sockets.push(await hold(port, next++))
  }
  await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, holdNext))
  return sockets
}

async function main() {
  const dir = mkdtempSync(join(tmpdir(), 'next-links-'))
  const { server, counts } = await startOrigin()
  const checkout = fileURLToPath(new URL('..', import.meta.url))
  const target = await holdfast.start({ dir, originPort: server.address().port, logLevel: 1, checkout })
  const startMs = performance.now()
  const sockets = await holdAll(target.port)
  const heldMs = performance.now() - startMs
  while (counts.answered < STREAMS * ROUNDS && performance.now() - startMs < LIMIT_MS) await sleep(100)
  for (const socket of sockets) socket.destroy()
  await target.processes[0].stop()
  server.close()
  server.closeAllConnections()
  rmSync(dir, { recursive: true, force: true })
  const asked = `${counts.answered} questions in ${Math.round((performance.now() - startMs - heldMs) / 1000)} s after the fill`
  console.log(
    `${STREAMS} streams, next links with timeout=${LINK_TIMEOUT_SECONDS}, origin answers after ${DELAY_MS} ms: ${asked}`,
  )
  console.log(`at once at the origin: ${counts.max}, bound ${BOUND}; in one second: ${counts.maxPerSecond}`)
  if (counts.answered < STREAMS * ROUNDS)
    console.error(`wrong: only ${counts.answered} of ${STREAMS * ROUNDS} were asked`)
  return counts.max <= BOUND && counts.answered >= STREAMS * ROUNDS ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => stopAll().then(() => process.exit(130)))

try {
  process.exitCode = await main()
} finally {
  await stopAll()
}
