/**
 * What becomes of many clients when the server is told to stop: `node bench/drain.mjs [--clients N] [--seconds N] [--workers N]`, loopback
 * only, on the holdfast of this checkout. Streams, long polls, WebSockets over HTTP, SockJS clients, and streams, polls and WebSockets that share
 * connections of HTTP/2 are held; then the server gets SIGTERM. Prints a Markdown table with how many of each ended as their protocol wants
 * and when, and a line about the process; exits with 1 when anything was not as it should be. Needs `openssl` for a certificate.
 */
import { execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { HTTP2_KINDS, openConnection, openPlain, PLAIN_KINDS } from './lib/drain/clients.mjs'
import { cpuSeconds, processTree } from './lib/proc.mjs'
import { freePort } from './lib/processes.mjs'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
    workers: { type: 'string', default: '0' },
  },
})
const CLIENTS = Number(values.clients)
const DRAIN_SECONDS = Number(values.seconds)
/** Parts of all clients. */
const SHARES = { stream: 0.3, poll: 0.25, webSocket: 0.2, sockJs: 0.05 }
const PER_CONNECTION = 20
const OPENING_AT_ONCE = 100
const OPEN_LIMIT_MS = 300_000
/** What connections may take beyond the drain time, and calls to origins. */
const STOP_LIMIT_MS = DRAIN_SECONDS * 1000 + 12_000

const directory = mkdtempSync(join(tmpdir(), 'drain-'))
const [port, tlsPort, controlPort] = [await freePort(), await freePort(), await freePort()]
const origin = fork(fileURLToPath(new URL('./lib/drain/origin.mjs', import.meta.url)))
const [originPort] = await once(origin, 'message')
const clients = []
const connections = []

function startServer() {
  const file = (name) => join(directory, name)
  mkdirSync(file('runner/certs'), { recursive: true })
  const pair = [
    '-keyout',
    file(`runner/certs/default_${tlsPort}.key`),
    '-out',
    file(`runner/certs/default_${tlsPort}.crt`),
  ]
  const kind = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=localhost',
  ]
  execFileSync('openssl', ['req', ...kind, ...pair], { stdio: 'ignore' })
  const target = `127.0.0.1:${originPort},over_http`
  writeFileSync(file('routes'), `*,path_beg=/sock,sockjs=/sock ${target}\n* ${target}\n`)
  writeFileSync(
    file('holdfast.conf'),
    `[runner]
http_port=127.0.0.1:${port}
https_ports=127.0.0.1:${tlsPort}
drain_timeout=${DRAIN_SECONDS}
workers=${values.workers}
log_level=1
[proxy]
routesfile=routes
[handler]
push_in_http_addr=127.0.0.1
push_in_http_port=${controlPort}
`,
  )
  const program = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, `--config=${file('holdfast.conf')}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  return child
}

async function status() {
  const response = await fetch(`http://127.0.0.1:${controlPort}/status`)
  return response.json()
}

async function isReady() {
  const response = await fetch(`http://127.0.0.1:${controlPort}/readyz`).catch(() => undefined)
  return response?.ok
}

async function until(what, probe, limitMs) {
  for (const end = Date.now() + limitMs; !(await probe()); await sleep(100)) {
    if (Date.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`)
  }
}

/** Which kind each client is, in an order that mixes them. */
function plan() {
  const kinds = PLAIN_KINDS.flatMap((kind) => Array(Math.round(CLIENTS * SHARES[kind])).fill(kind))
  const shared = Array.from({ length: CLIENTS - kinds.length }, (_, i) => HTTP2_KINDS[i % HTTP2_KINDS.length])
  return [...kinds, ...shared]
}

async function openOne(kind) {
  const client = { kind, fault: undefined, endedMs: undefined }
  const number = clients.push(client)
  const onEnd = (fault) => {
    client.endedMs = performance.now()
    client.fault = fault
  }
  if (PLAIN_KINDS.includes(kind)) return openPlain(port, kind, { number, onEnd })
  const connection = connections[number % connections.length]
  return connection.open(kind, { onEnd })
}

async function openAll() {
  const kinds = plan()
  const shared = kinds.filter((kind) => HTTP2_KINDS.includes(kind)).length
  for (let i = 0; i < shared / PER_CONNECTION; i++) connections.push(await openConnection(tlsPort))
  const openSome = async () => {
    for (let kind = kinds.pop(); kind !== undefined; kind = kinds.pop()) await openOne(kind)
  }
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome))
  await until(
    'all are held',
    async () => {
      const { response, stream, socket } = (await status()).holds
      return response + stream + socket === CLIENTS
    },
    OPEN_LIMIT_MS,
  )
}

const inSeconds = (ms) => `${(ms / 1000).toFixed(2)} s`

/** The most that ended in a tenth of the drain time, as a share of all. */
function largestShare(moments) {
  const parts = Array(10).fill(0)
  for (const ms of moments) parts[Math.min(9, Math.max(0, Math.floor(ms / (DRAIN_SECONDS * 100))))]++
  return Math.max(...parts) / moments.length
}

function row(name, moments, wellEnded) {
  const [first, last] = [Math.min(...moments), Math.max(...moments)].map(inSeconds)
  const largest = `${(100 * largestShare(moments)).toFixed(0)} %`
  process.stdout.write(`| ${[name, moments.length, wellEnded, first, last, largest].join(' | ')} |\n`)
}

function report(beganMs) {
  process.stdout.write(
    '| clients | number | ended as they should | the first after | the last after | largest tenth |\n| --- | --- | --- | --- | --- | --- |\n',
  )
  for (const kind of [...PLAIN_KINDS, ...HTTP2_KINDS]) {
    const those = clients.filter((client) => client.kind === kind)
    const moments = those.map(({ endedMs = Number.POSITIVE_INFINITY }) => endedMs - beganMs)
    row(kind, moments, those.filter(({ fault, endedMs }) => fault === undefined && endedMs > beganMs).length)
  }
  const told = connections.map(({ toldMs = Number.POSITIVE_INFINITY }) => toldMs - beganMs)
  row('connections of HTTP/2 told by GOAWAY', told, told.filter(Number.isFinite).length)
}

/** What was wrong, and how often. */
function faults() {
  const found = {}
  for (const { kind, fault, endedMs } of clients) {
    const words = endedMs === undefined ? 'not ended' : fault
    if (words !== undefined) found[`${kind}: ${words}`] = (found[`${kind}: ${words}`] ?? 0) + 1
  }
  return found
}

const server = startServer()
let isGood = false
try {
  await until('the server is ready', isReady, 60_000)
  await openAll()
  const pids = processTree([server.pid])
  const cpuBefore = cpuSeconds(pids)
  let cpuAfter = cpuBefore
  const watching = setInterval(() => {
    cpuAfter = Math.max(cpuAfter, cpuSeconds(pids))
  }, 100)
  const beganMs = performance.now()
  const exited = new Promise((resolve) => server.once('exit', (code, signal) => resolve(code ?? signal)))
  server.kill('SIGTERM')
  const code = await Promise.race([exited, sleep(STOP_LIMIT_MS).then(() => 'none in time')])
  const tookMs = performance.now() - beganMs
  clearInterval(watching)
  await until('all have ended', () => clients.every(({ endedMs }) => endedMs !== undefined), 5000).catch(
    () => {},
  )
  report(beganMs)
  const holders = clients.filter(({ kind }) => /stream|poll/i.test(kind)).length
  const sockets = clients.length - holders
  origin.send('counts')
  const [{ gone, closed }] = await once(origin, 'message')
  process.stdout.write(
    `exit code ${code} after ${inSeconds(tookMs)}, with ${(cpuAfter - cpuBefore).toFixed(1)} s of CPU; ${gone} of ${holders} gone links called; origins of ${closed.CLOSE ?? 0} of ${sockets} WebSockets got CLOSE, of ${closed.DISCONNECT ?? 0} DISCONNECT; faults: ${JSON.stringify(faults())}\n`,
  )
  isGood = code === 0 && Object.keys(faults()).length === 0 && gone === holders && closed.CLOSE === sockets
} finally {
  server.kill('SIGKILL')
  origin.disconnect()
  rmSync(directory, { recursive: true, force: true })
}
process.exit(isGood ? 0 : 1)
