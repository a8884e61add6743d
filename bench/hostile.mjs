/**
 * Measures what hostile and broken peers cost: `node bench/hostile.mjs [--minutes N]`. Prints one line for each check of
 * docs/reliability.md. With --minutes, ends with so many minutes of requests that are changed at random, on the clients' port and on the
 * control port, while streams are held and published to; memory is printed every minute.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CHECKS } from './lib/hostile/checks.mjs'
import { answerCheck, brokenAnswer } from './lib/hostile/origin.mjs'
import { attack, SOCKET_ATTACKS } from './lib/hostile/sockets.mjs'
import { mutatedRequest } from './lib/mutate.mjs'
import { freePort } from './lib/processes.mjs'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '0' } } })
const program = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))
const MIB = 1024 * 1024
const HOST = '127.0.0.1'

const directory = mkdtempSync(join(tmpdir(), 'hostile-'))
const [port, controlPort] = [await freePort(), await freePort()]
const origin = await listen(createServer({ keepAliveTimeout: 60_000 }, serve))
const brokenOrigin = await listen(createTcpServer(breakOff))
const server = await startServer()

/** The origin: holds streams, and has small and endless answers. */
function serve(request, response) {
  if (answerCheck(request, response)) return
  if (request.url.startsWith('/stream')) {
    response.writeHead(200, { 'Grip-Hold': 'stream', 'Grip-Channel': request.url.slice(8) })
    response.end('held\n')
  } else if (request.url === '/large') {
    response.writeHead(200, { 'Content-Length': 200 * MIB })
    const part = Buffer.alloc(MIB)
    let left = 200
    const write = () => {
      while (left-- > 0) if (!response.write(part)) return response.once('drain', write)
      return response.end()
    }
    write()
  } else response.end('small')
}

/** An origin that answers with what no client may see, or dies in the middle of a body. */
function breakOff(socket) {
  socket.on('error', () => {})
  socket.once('data', (head) => {
    const answer = brokenAnswer(head.toString('latin1'))
    if (answer !== undefined) return socket.end(answer, 'latin1')
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc')
    setTimeout(() => socket.destroy(), 100)
  })
}

async function listen(listener) {
  await new Promise((resolve) => listener.listen(0, HOST, resolve))
  return listener
}

function routesText() {
  const [broken, plain] = [brokenOrigin, origin].map((listener) => `${HOST}:${listener.address().port}`)
  const lines = [
    `*,path_beg=/dying ${broken}`,
    `*,path_beg=/broken ${broken}`,
    `*,path_beg=/socket ${plain},over_http`,
  ]
  return `${[...lines, `* ${plain}`].join('\n')}\n`
}

async function startServer() {
  const conf = [
    '[runner]',
    `http_port=${HOST}:${port}`,
    'allow_compression=true',
    '[proxy]',
    'routesfile=routes',
    'origin_timeout=2',
    '[handler]',
    `push_in_http_addr=${HOST}`,
    `push_in_http_port=${controlPort}`,
    'push_in_http_max_body_size=2000000',
  ]
  writeFileSync(join(directory, 'holdfast.conf'), conf.join('\n'))
  writeFileSync(join(directory, 'routes'), routesText())
  const child = spawn(process.execPath, [program, `--config=${join(directory, 'holdfast.conf')}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.log = ''
  for (const output of [child.stdout, child.stderr])
    output.on('data', (text) => (child.log = (child.log + text).slice(-1_000_000)))
  while (!child.log.includes('listening for clients')) await sleep(50)
  return child
}

function report(what, result) {
  console.log(`${what}: ${result}`)
}

/** Sends bytes and returns what comes until the end. */
function exchange(bytes, to = port) {
  return new Promise((resolve) => {
    const socket = connect(to, HOST)
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(bytes, 'latin1')
  })
}

const openFiles = () => readdirSync(`/proc/${server.pid}/fd`).length
const memoryBytes = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) * 1024
const inMib = (bytes) => `${(bytes / MIB).toFixed(1)} MB`

async function slowHead() {
  const began = performance.now()
  const answer = await exchange('GET / HTTP/1.1\r\nHost')
  report('half a head', `${answer.slice(9, 12)} after ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

async function dyingOrigin() {
  const began = performance.now()
  const answer = await exchange('GET /dying HTTP/1.1\r\nHost: h\r\n\r\n')
  const isWhole = !answer.endsWith('abc')
  report(
    'origin dies in mid-body',
    `client broken off ${(performance.now() - began - 100).toFixed(0)} ms later${isWhole ? ', looks whole' : ''}`,
  )
}

async function resets() {
  const before = openFiles()
  for (let round = 0; round < 30; round++) {
    await Promise.all(
      Array.from({ length: 100 }, () => {
        const socket = connect(port, HOST)
        socket.on('error', () => {})
        return new Promise((resolve) => {
          socket.on('close', resolve)
          socket.on('connect', () =>
            socket.write('GET /small HTTP/1.1\r\nHost: h\r\n\r\n', () => socket.resetAndDestroy()),
          )
        })
      }),
    )
  }
  await sleep(1000)
  report('3,000 clients that connect, ask and reset', `${openFiles() - before} files more than before`)
}

async function unreadAnswer() {
  const before = memoryBytes()
  const socket = connect(port, HOST).pause()
  socket.on('error', () => {})
  socket.write('GET /large HTTP/1.1\r\nHost: h\r\n\r\n')
  await sleep(5000)
  report('200 MB that the client does not read', `${inMib(memoryBytes() - before)} more memory`)
  socket.destroy()
}

function publish(channel, text) {
  const body = JSON.stringify({ items: [{ channel, formats: { 'http-stream': { content: text } } }] })
  const head = `POST /publish/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  return exchange(head + body, controlPort)
}

/** Opens a held stream; `bytes` counts what it has read. */
async function openStream(channel) {
  const stream = { socket: connect(port, HOST), bytes: 0, isOver: false }
  stream.socket.on('error', () => {})
  stream.socket.on('close', () => (stream.isOver = true))
  stream.socket.on('data', (chunk) => (stream.bytes += chunk.length))
  stream.socket.write(`GET /stream/${channel} HTTP/1.1\r\nHost: h\r\n\r\n`)
  while (stream.bytes === 0) await sleep(10)
  return stream
}

async function broadcast() {
  const before = memoryBytes()
  const slow = await Promise.all(Array.from({ length: 20 }, () => openStream('b')))
  const fast = await Promise.all(Array.from({ length: 20 }, () => openStream('b')))
  for (const { socket } of slow) socket.pause()
  const part = 'x'.repeat(MIB)
  let most = 0
  const began = performance.now()
  for (let sent = 1; sent <= 64; sent++) {
    await publish('b', part)
    most = Math.max(most, memoryBytes())
    // A publisher that waits for its readers: what is asked is whether slow ones cost the fast ones anything.
    while (fast.some(({ bytes, isOver }) => !isOver && bytes < sent * MIB)) await sleep(2)
  }
  const whole = fast.filter(({ bytes }) => bytes >= 64 * MIB).length
  const named = server.log.split('slow-client').length - 1
  report(
    '64 MB to 20 fast and 20 slow readers',
    `${whole} fast have all, ${named} slow closed with a reason, ${((performance.now() - began) / 1000).toFixed(1)} s, ${inMib(most - before)} more memory`,
  )
  for (const { socket } of [...slow, ...fast]) socket.destroy()
}

async function soak(minutes) {
  if (minutes === 0) return
  const held = await Promise.all(Array.from({ length: 100 }, () => openStream('s')))
  const end = performance.now() + minutes * 60_000
  let count = 0
  const attack = async () => {
    while (performance.now() < end) {
      const socket = connect(Math.random() < 0.5 ? port : controlPort, HOST)
      socket.on('error', () => {})
      socket.resume()
      socket.write(mutatedRequest(), 'latin1')
      await Promise.race([new Promise((resolve) => socket.once('close', resolve)), sleep(20)])
      socket.destroy()
      count++
    }
  }
  const watch = async () => {
    while (performance.now() < end) {
      report('soak', `${count} requests, ${inMib(memoryBytes())}, ${openFiles()} files`)
      await sleep(Math.min(60_000, end - performance.now()))
    }
  }
  await Promise.all([watch(), ...Array.from({ length: 20 }, attack)])
  await sleep(1000)
  const faults = server.log.match(/uncaught|unhandled/gi)?.length ?? 0
  const kept = held.filter(({ isOver }) => !isOver).length
  report(
    'soak',
    `${count} requests, ${inMib(memoryBytes())}, ${openFiles()} files, ${kept} of 100 streams held, ${faults} uncaught`,
  )
}

try {
  await slowHead()
  await dyingOrigin()
  await resets()
  await unreadAnswer()
  await broadcast()
  const bench = { exchange, memoryBytes, inMib, port, controlPort }
  for (const [name, check] of Object.entries(CHECKS)) report(name, await check(bench))
  for (const name of SOCKET_ATTACKS) report(`a WebSocket with ${name}`, await attack(bench, name))
  await soak(Number(values.minutes))
  const isAlive = (await exchange('GET /small HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')).includes(
    '200',
  )
  report('alive at the end', isAlive ? 'yes' : 'no')
} finally {
  server.kill('SIGKILL')
  origin.closeAllConnections()
  origin.close()
  brokenOrigin.close()
  rmSync(directory, { recursive: true, force: true })
}
process.exit()
