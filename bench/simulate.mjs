/**
 * Checks the capacity model of docs/scaling.md: runs clusters of one, two and three nodes on this machine and prints the CPU
 * that the nodes used beside what the model says. Needs nats-server; Linux only.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MEASURED, NODE, needOfNode } from './lib/capacity.mjs'
import { cpuSeconds, processTree } from './lib/proc.mjs'
import { freePort, startProcess, stopAll, waitForPort } from './lib/processes.mjs'

const PROGRAM = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))

/** What is simulated: clients of all nodes together, how many hold each channel, and items a second. */
const LOAD = { clients: 3000, fanOut: 100, items: 200, seconds: 8 }
const START_MS = 20_000
const keepAlive = new Agent({ keepAlive: true })

async function main() {
  const dir = mkdtempSync(join(tmpdir(), 'simulate-'))
  try {
    process.stdout.write(
      '| nodes | items/s at each | deliveries/s of each | model, cores of each | measured |\n',
    )
    process.stdout.write('| ---: | ---: | ---: | ---: | ---: |\n')
    for (const count of [1, 2, 3]) printRow(count, await runCluster(count, join(dir, String(count))))
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
}

function printRow(nodes, { measured, published }) {
  const { clients, fanOut } = LOAD
  const load = {
    clients,
    fanOut,
    itemsPerSecond: (published * fanOut) / clients,
    staySeconds: Number.POSITIVE_INFINITY,
  }
  const model = needOfNode(load, { ...NODE, nodes })
  const cells = [
    nodes,
    model.itemsHere.toFixed(0),
    model.deliveries.toFixed(0),
    model.cores.toFixed(3),
    measured.toFixed(3),
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

/** Answers the cores that a node used on average, and the items a second that were published. */
async function runCluster(count, dir) {
  mkdirSync(dir, { recursive: true })
  const natsPort = await freePort()
  const nats = startProcess('nats-server', ['-a', '127.0.0.1', '-p', String(natsPort)], place(dir, 'nats'))
  await waitForPort(natsPort, nats)
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, i) => startNode(join(dir, `node${i}`), natsPort)),
  )
  const clients = await openClients(nodes)
  const pids = nodes.map(({ started }) => processTree([started.pid]))
  const before = pids.map(cpuSeconds)
  const startedMs = performance.now()
  const sent = await publishSteadily(nodes)
  const seconds = (performance.now() - startedMs) / 1000
  const used = pids.map((of, i) => cpuSeconds(of) - before[i])
  for (const client of clients) client.destroy()
  await stopAll()
  return { measured: used.reduce((a, b) => a + b) / count / seconds, published: sent / seconds }
}

const place = (dir, name) => ({
  role: name === 'nats' ? 'load' : 'server',
  logFile: join(dir, `${name}.log`),
})

async function startNode(dir, natsPort) {
  mkdirSync(dir, { recursive: true })
  const [port, controlPort] = [await freePort(), await freePort()]
  writeFileSync(join(dir, 'routes'), '* test\n')
  writeFileSync(
    join(dir, 'holdfast.conf'),
    `[runner]
http_port=127.0.0.1:${port}
log_level=1
[proxy]
routesfile=routes
[handler]
push_in_http_addr=127.0.0.1
push_in_http_port=${controlPort}
[cluster]
nats_servers=nats://127.0.0.1:${natsPort}
`,
  )
  const started = startProcess(
    process.execPath,
    [PROGRAM, `--config=${join(dir, 'holdfast.conf')}`],
    place(dir, 'node'),
  )
  await waitForPort(port, started, START_MS)
  await waitForPort(controlPort, started, START_MS)
  return { port, controlPort, started }
}

const channelOf = (number) => `channel-${number % (LOAD.clients / LOAD.fanOut)}`

/** Spreads the clients of each channel over the nodes; the test target holds whoever asks. */
async function openClients(nodes) {
  const clients = []
  for (let i = 0; i < LOAD.clients; i += 50) {
    const some = Array.from({ length: 50 }, (_, k) =>
      openStream(nodes[(i + k) % nodes.length].port, channelOf(Math.floor((i + k) / nodes.length))),
    )
    clients.push(...(await Promise.all(some)))
  }
  return clients
}

function openStream(port, channel) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.once('data', () => resolve(socket))
    socket.resume()
    socket.write(`GET /stream?channel=${channel} HTTP/1.1\r\nHost: simulate\r\n\r\n`)
  })
}

/** Publishes at the rate of LOAD, at each node in turn; answers how many items. */
async function publishSteadily(nodes) {
  const periodMs = 1000 / LOAD.items
  const endMs = performance.now() + LOAD.seconds * 1000
  let sent = 0
  const waiting = []
  for (let nextMs = performance.now(); nextMs < endMs; nextMs += periodMs) {
    const waitMs = nextMs - performance.now()
    if (waitMs > 1) await sleep(waitMs)
    waiting.push(publish(nodes[sent % nodes.length].controlPort, channelOf(sent)))
    sent++
  }
  await Promise.all(waiting)
  return sent
}

function publish(port, channel) {
  const body = JSON.stringify({ items: [{ channel, 'http-stream': { content: `${'x'.repeat(99)}\n` } }] })
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/publish/', method: 'POST', agent: keepAlive }, (response) => {
      response.resume().on('end', resolve)
    })
      .on('error', reject)
      .end(body)
  })
}

await main()
process.stdout.write(`\nmodel: ${MEASURED.deliveryUs} µs a delivery, ${MEASURED.itemUs} µs an item\n`)
process.exit(0)
