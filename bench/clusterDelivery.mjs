/**
 * Publishes items to a cluster on this machine at full speed, and checks what five streams on its nodes get: none lost, doubled
 * or out of order.
 *
 *     node bench/clusterDelivery.mjs [--items=1000000] [--workers=2] [--no-chain]
 *
 * Items are linked by their ids, as publishers are told to; without, nothing mends what the way between nodes does to them.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const STREAMS = 5
const ITEMS_PER_CALL = 200
const QUIET_LIMIT_MS = 60_000

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '1000000' },
    workers: { type: 'string', default: '2' },
    'no-chain': { type: 'boolean', default: false },
  },
})
const items = Number(values.items)
const program = fileURLToPath(new URL('../tools/cluster.mjs', import.meta.url))

/** Follows a stream; `seen` is the number of the last item in an unbroken row. */
async function openStream({ client }) {
  const stream = { seen: 0, faults: [], changedMs: Date.now() }
  const asked = get({ port: client, path: '/stream', agent: new Agent() })
  const [response] = await once(asked, 'response')
  let rest = ''
  response.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    stream.changedMs = Date.now()
    for (const line of lines) take(stream, line)
  })
  response.on('close', () => stream.faults.push('the stream has ended'))
  await once(response, 'data')
  return stream
}

function take(stream, line) {
  if (!/^\d+$/.test(line)) return
  const number = Number(line)
  if (number === stream.seen + 1) stream.seen = number
  else stream.faults.push(`${number} after ${stream.seen}`)
}

function publish({ control }, numbers, agent) {
  const content = numbers.map((number) => ({
    channel: 'demo',
    ...(values['no-chain'] ? {} : { id: String(number), 'prev-id': String(number - 1) }),
    formats: { 'http-stream': { content: `${number}\n` } },
  }))
  return new Promise((resolve, reject) => {
    const call = request({ port: control, path: '/publish/', method: 'POST', agent }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`publish: ${response.statusCode}`))
      })
    })
    call.once('error', reject)
    call.end(JSON.stringify({ items: content }))
  })
}

const cluster = spawn(process.execPath, [program, '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, HOLDFAST_WORKERS: values.workers },
})
const [line] = await once(createInterface(cluster.stdout), 'line')
const { nodes } = JSON.parse(line)
const streams = await Promise.all(
  Array.from({ length: STREAMS }, (_, i) => openStream(nodes[i % nodes.length])),
)
const agent = new Agent({ keepAlive: true })
const startMs = Date.now()
for (let first = 1; first <= items; first += ITEMS_PER_CALL) {
  const count = Math.min(ITEMS_PER_CALL, items - first + 1)
  const node = nodes[Math.floor(first / ITEMS_PER_CALL) % nodes.length]
  await publish(
    node,
    Array.from({ length: count }, (_, i) => first + i),
    agent,
  )
}
const isDone = ({ seen, changedMs }) => seen === items || Date.now() - changedMs > QUIET_LIMIT_MS
while (!streams.every(isDone)) await new Promise((resolve) => setTimeout(resolve, 50))
const seconds = (Date.now() - startMs) / 1000
const faults = streams.flatMap((stream) => stream.faults)
console.log(`${items} items to ${STREAMS} streams on ${nodes.length} nodes in ${seconds.toFixed(1)} s`)
console.log(
  `seen in an unbroken row: ${streams.map(({ seen }) => seen).join(', ')}; faults: ${faults.length}`,
)
for (const fault of faults.slice(0, 10)) console.log(fault)
cluster.kill()
await once(cluster, 'exit')
process.exitCode = faults.length === 0 && streams.every(({ seen }) => seen === items) ? 0 : 1
