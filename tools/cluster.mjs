/**
 * Starts a cluster on this machine, and ends it with Ctrl+C: the program nats-server with JetStream, three nodes and an origin,
 * all on free ports of the loopback interface. Says where they are, as one line of JSON with `--json`.
 *
 *     npm run cluster [-- --json]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startClusterOrigin } from './lib/clusterOrigin.mjs'
import { inProject } from './lib/project.mjs'

const NODES = 3
const START_LIMIT_MS = 30_000
const ASK_AGAIN_MS = 100

const isJson = process.argv.includes('--json')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-cluster-'))
const children = []

function run(command, args, env = {}) {
  // What they log goes to stderr, so that stdout has the addresses alone.
  const stdio = ['ignore', isJson ? 'ignore' : 2, isJson ? 'ignore' : 2]
  const child = spawn(command, args, { cwd: folder, stdio, env: { ...process.env, ...env }, detached: true })
  child.once('error', (error) => fail(`${command}: ${error.message}`))
  child.once('exit', (code) => isStopping || fail(`${command} ended with code ${code}`))
  children.push(child)
}

let isStopping = false

async function stop(code) {
  if (isStopping) return
  isStopping = true
  // Nodes first: they say goodbye.
  for (const child of children.toReversed()) {
    if (child.pid === undefined || child.exitCode !== null) continue
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
  process.exit(code)
}

function fail(text) {
  console.error(`cluster: ${text}`)
  void stop(1)
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function startNode(nats, origin) {
  const node = { client: await freePort(), control: await freePort() }
  run(process.execPath, [inProject('bin/holdfast.mjs')], {
    HOLDFAST_PORT: `127.0.0.1:${node.client}`,
    HOLDFAST_CONTROL_PORT: String(node.control),
    HOLDFAST_ROUTES: `* 127.0.0.1:${origin}`,
    HOLDFAST_NATS_SERVERS: `nats://127.0.0.1:${nats}`,
    HOLDFAST_NATS_STREAM: 'HOLDFAST',
  })
  return node
}

async function isReady({ control }) {
  return fetch(`http://127.0.0.1:${control}/readyz`).then(
    ({ ok }) => ok,
    () => false, // Not listening yet.
  )
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop(0))

const nats = await freePort()
run('nats-server', ['-a', '127.0.0.1', '-p', String(nats), '-js', '-sd', join(folder, 'nats')])
const origin = (await startClusterOrigin()).address().port
const nodes = []
for (let i = 0; i < NODES; i++) nodes.push(await startNode(nats, origin))
const deadline = Date.now() + START_LIMIT_MS
for (const node of nodes) {
  while (!(await isReady(node))) {
    if (Date.now() > deadline) fail(`a node was not ready within ${START_LIMIT_MS} ms`)
    await sleep(ASK_AGAIN_MS)
  }
}

if (isJson) {
  console.log(JSON.stringify({ nats, origin, nodes }))
} else {
  const [one] = nodes
  for (const [i, { client, control }] of nodes.entries()) {
    console.log(`node ${i + 1}: clients http://127.0.0.1:${client}  control http://127.0.0.1:${control}`)
  }
  console.log(`NATS: nats://127.0.0.1:${nats}   origin: http://127.0.0.1:${origin}`)
  console.log(`Try:  curl -N http://127.0.0.1:${nodes.at(-1).client}/stream`)
  console.log(
    `and:  curl -d '{"items":[{"channel":"demo","formats":{"http-stream":{"content":"hello\\n"}}}]}' http://127.0.0.1:${one.control}/publish/`,
  )
}
