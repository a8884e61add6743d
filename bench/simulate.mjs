/**
 * Checks the capacity model of docs/scaling.md: measures what its parts cost on this machine now, runs clusters of one, two and
 * three nodes, and prints the CPU that the nodes used beside what the model says by those costs. Needs nats-server; Linux only.
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
const LOAD = { clients: 3000, fanOut: 100, items: 200, seconds: 10 }
/** How the parts are measured that the model adds up: with the same clients and items, as one now and then costs more than one of many. */
const PARTS = { items: LOAD.items, seconds: 8 }
const SETTLE_MS = 3000
/** A checkout builds itself when it is first started. */
const START_MS = 120_000
const CONNECTIONS = 16
/** Few, so that publishing that has fallen behind does not open one for each item. */
const keepAlive = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, timeout: 1000 })

async function main() {
  const dir = mkdtempSync(join(tmpdir(), 'simulate-'))
  try {
    const costs = await measureCosts(join(dir, 'costs'))
    printCosts(costs)
    process.stdout.write(
      '\n| nodes | items/s of all | items/s at each | deliveries/s of each | model | measured |\n',
    )
    process.stdout.write('| ---: | ---: | ---: | ---: | ---: | ---: |\n')
    for (const count of [1, 2, 3])
      printRow(count, await runCluster(count, join(dir, String(count))), costs.atRate)
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
}

function printCosts({ atRate, atFullSpeed, fullRate }) {
  const rates = `at ${PARTS.items} items/s | at ${fullRate.toFixed(0)} items/s`
  process.stdout.write(`| what | ${rates} | in the model |\n| --- | ---: | ---: | ---: |\n`)
  for (const [name, us] of Object.entries(atRate)) {
    const cells = [name, us.toFixed(1), atFullSpeed[name]?.toFixed(1) ?? '', MEASURED[name]]
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
  }
}

function printRow(nodes, { measured, published }, costs) {
  const { clients, fanOut } = LOAD
  const load = {
    clients,
    fanOut,
    itemsPerSecond: (published * fanOut) / clients,
    staySeconds: Number.POSITIVE_INFINITY,
  }
  const model = needOfNode(load, { ...NODE, nodes }, { ...MEASURED, ...costs })
  const cells = [
    nodes,
    published.toFixed(0),
    model.itemsHere.toFixed(0),
    model.deliveries.toFixed(0),
    model.cores.toFixed(3),
    measured.toFixed(3),
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

/** Measures what the parts cost on this machine now, in µs: one node publishes, and the other has the clients. */
async function measureCosts(dir) {
  const [publisher, holder] = await startCluster(2, dir)
  const lone = () => 'lone'
  const nobodys = () => 'nobody'
  await openStream(holder.port, lone())
  await openClients([holder])
  const publishTo = (channelOf) => () =>
    publishSteadily([publisher], { perSecond: PARTS.items, seconds: PARTS.seconds, channelOf })
  // What is compiled and collected after a start is no part of it.
  for (const channel of [lone(), channelOf(0)]) await flood(publisher, channel)
  await sleep(SETTLE_MS)
  const idle = await cpuUsed([publisher, holder], () => sleep(PARTS.seconds * 1000))
  const idleUs = idle.used[1] / idle.seconds
  const perItem = ({ used, seconds, result }, node) => (used[node] - idleUs * seconds) / result
  const unheld = await cpuUsed([publisher, holder], publishTo(nobodys))
  const held = await cpuUsed([publisher, holder], publishTo(lone))
  const fanned = await cpuUsed([publisher, holder], publishTo(channelOf))
  const floodedUnheld = await cpuUsed([publisher, holder], () => flood(publisher, nobodys()))
  const floodedHeld = await cpuUsed([publisher, holder], () => flood(publisher, lone()))
  await stopAll()
  const receiveUs = perItem(held, 1)
  const deliveryUs = (perItem(fanned, 1) - receiveUs) / LOAD.fanOut
  const atRate = { publishUs: perItem(unheld, 0), receiveUs, deliveryUs, idleUs }
  const atFullSpeed = { publishUs: perItem(floodedUnheld, 0), receiveUs: perItem(floodedHeld, 1) }
  return { atRate, atFullSpeed, fullRate: floodedHeld.result / floodedHeld.seconds }
}

/** Does something; answers what it resolved to, how long it took, and the CPU of each node in µs. */
async function cpuUsed(nodes, act) {
  const pids = nodes.map(({ started }) => processTree([started.pid]))
  const before = pids.map(cpuSeconds)
  const startedMs = performance.now()
  const result = await act()
  const seconds = (performance.now() - startedMs) / 1000
  return { result, seconds, used: pids.map((of, i) => (cpuSeconds(of) - before[i]) * 1e6) }
}

/** Answers the cores that a node used on average, and the items a second that were published. */
async function runCluster(count, dir) {
  const nodes = await startCluster(count, dir)
  await openClients(nodes)
  // What is compiled after a start is no part of it, and would take minutes at this rate.
  await Promise.all(nodes.map((node) => flood(node, channelOf(0))))
  await sleep(SETTLE_MS)
  const { result, seconds, used } = await cpuUsed(nodes, () =>
    publishSteadily(nodes, { perSecond: LOAD.items, seconds: LOAD.seconds, channelOf }),
  )
  await stopAll()
  return { measured: used.reduce((a, b) => a + b) / 1e6 / count / seconds, published: result / seconds }
}

async function startCluster(count, dir) {
  mkdirSync(dir, { recursive: true })
  const natsPort = await freePort()
  const nats = startProcess('nats-server', ['-a', '127.0.0.1', '-p', String(natsPort)], place(dir, 'nats'))
  await waitForPort(natsPort, nats)
  const starting = Array.from({ length: count }, (_, i) => startNode(join(dir, `node${i}`), natsPort))
  return Promise.all(starting)
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
  for (let i = 0; i < LOAD.clients; i += 50) {
    const some = Array.from({ length: 50 }, (_, k) =>
      openStream(nodes[(i + k) % nodes.length].port, channelOf(Math.floor((i + k) / nodes.length))),
    )
    await Promise.all(some)
  }
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

/** Publishes at a rate, at each node in turn; answers how many items. */
async function publishSteadily(nodes, { perSecond, seconds, channelOf }) {
  const periodMs = 1000 / perSecond
  const endMs = performance.now() + seconds * 1000
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

/** Publishes at full speed, one item a call; answers how many. */
async function flood(node, channel) {
  const endMs = performance.now() + PARTS.seconds * 1000
  let sent = 0
  const publishOn = async () => {
    for (; performance.now() < endMs; sent++) await publish(node.controlPort, channel)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, publishOn))
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

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopAll().then(() => process.exit(1)))
await main()
process.exit(0)
