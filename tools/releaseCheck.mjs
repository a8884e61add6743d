/**
 * Checks the package as those get it who install it: packs it, looks at what is in it, installs it into an empty folder without
 * its optional dependencies, and uses it there.
 *
 *     node tools/releaseCheck.mjs [MAJOR]...
 *
 * By the Node that runs it, or by other major versions, which are taken from the npm registry for this one run.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { runInherited, withNode } from './lib/otherNode.mjs'
import { inProject } from './lib/project.mjs'

/** What the tarball may weigh, and its files once they are unpacked. */
const MAX_PACKED_BYTES = 600_000
const MAX_UNPACKED_BYTES = 2_500_000

/** All that belongs in it. */
const ALLOWED =
  /^(bin\/holdfast\.mjs|dist\/.+\.(js|d\.ts)|assets\/.+|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/

const NEEDED = [
  'bin/holdfast.mjs',
  'dist/cli.js',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/testing.js',
  'dist/testing.d.ts',
  'dist/server/workerMain.js',
  'assets/demo.html',
  'assets/init/holdfast.conf',
]

const WAIT_MS = 30_000
const isWindows = process.platform === 'win32'

/** Packs into `folder`; answers npm's word on what is in the tarball. */
function pack(folder) {
  const output = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], inProject())
  const [packed] = JSON.parse(output.slice(output.indexOf('[')))
  return packed
}

/** Answers what is wrong with the contents of a tarball. */
export function contentFaults({ files, size, unpackedSize }) {
  const paths = files.map(({ path }) => path)
  return [
    ...paths.filter((path) => !ALLOWED.test(path)).map((path) => `${path} does not belong in the package`),
    ...NEEDED.filter((path) => !paths.includes(path)).map((path) => `${path} is missing in the package`),
    ...(size > MAX_PACKED_BYTES ? [`the tarball has ${size} bytes, more than ${MAX_PACKED_BYTES}`] : []),
    ...(unpackedSize > MAX_UNPACKED_BYTES
      ? [`the package has ${unpackedSize} bytes, more than ${MAX_UNPACKED_BYTES}`]
      : []),
  ]
}

/** Installs the tarball into an empty folder, as `npm install holdfast --omit=optional` would. */
function install(folder, tarball) {
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  npm(['install', '--omit=optional', '--omit=dev', '--no-audit', '--no-fund', tarball], folder)
}

/** `npx holdfast` before a small origin: a stream is held, and gets what `holdfast publish` sends. */
async function checkProgram(folder) {
  const origin = createServer((_request, response) => {
    response.writeHead(200, { 'Grip-Hold': 'stream', 'Grip-Channel': 'news' }).end('welcome\n')
  })
  await new Promise((resolve) => origin.listen(0, '127.0.0.1', resolve))
  const route = `* 127.0.0.1:${origin.address().port}`
  const program = await startProgram(folder, [
    `--route=${route}`,
    '--port=127.0.0.1:0',
    '--log-format=pushpin',
  ])
  try {
    const stream = await fetch(`http://127.0.0.1:${program.clientPort}/`)
    const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader()
    await readUntil(reader, 'welcome\n')
    npx(['publish', 'news', 'hello', `--spec=http://127.0.0.1:${program.controlPort}`], folder)
    await readUntil(reader, 'hello\n')
    await reader.cancel()
  } finally {
    await program.stop()
    origin.close()
  }
}

/** Starts `npx holdfast` on free ports, and answers these once it has said them. */
async function startProgram(folder, args) {
  const env = { ...process.env, HOLDFAST_CONTROL_PORT: '0' }
  const bin = join(folder, 'node_modules', '.bin', isWindows ? 'holdfast.cmd' : 'holdfast')
  const child = spawn(bin, args, { cwd: folder, env, shell: isWindows, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill()
    await exited
  }
  let output = ''
  const started = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`holdfast did not start:\n${output}`)), WAIT_MS)
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (!/ started\n/.test(output)) return
      clearTimeout(timer)
      resolve()
    })
    child.once('exit', (code) => reject(new Error(`holdfast ended with ${code}:\n${output}`)))
  })
  try {
    await started
  } catch (error) {
    await stop()
    throw error
  }
  const port = (pattern) => pattern.exec(output)?.[1]
  return {
    clientPort: port(/listening for clients on 127\.0\.0\.1:(\d+)/),
    controlPort: port(/http control server: 127\.0\.0\.1:(\d+)/),
    stop,
  }
}

async function readUntil(reader, text) {
  let read = ''
  const timer = setTimeout(() => void reader.cancel(), WAIT_MS)
  while (!read.includes(text)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended before ${JSON.stringify(text)}: ${JSON.stringify(read)}`)
    read += value
  }
  clearTimeout(timer)
}

/** A program that imports the package, checked as a consumer's project is, and run. */
const CONSUMER = `
import { createServer, HoldfastError, type RouteInput } from 'holdfast'
import { startTestServer, type TestServer } from 'holdfast/testing'

const routes: readonly RouteInput[] = [
  { path: '/hello', origin: () => new Response('hello') },
  {
    path: '/chat',
    origin: {
      fetch: async ({ url }) => new Response(url),
      webSocket: (_request, socket) => {
        socket.subscribe('chat')
        socket.on('message', (content) => server.publish('chat', { 'ws-message': { content } }))
      },
    },
  },
]
const server = createServer({ routes })
server.on('subscribe', ({ channel, subscribers }) => console.log(channel.length + subscribers))
await server.listen(0)
const answer = await fetch(\`\${server.url}/hello\`)
if ((await answer.text()) !== 'hello') throw new Error('wrong answer')
await server.close()

const testing: TestServer = await startTestServer()
testing.origin.stream('/events', 'news').socket('/chat', 'news')
const stream = await testing.stream('/events')
const socket = await testing.socket('/chat')
await testing.subscribed('news', 2)
const { holds } = await testing.publish('news', { 'http-stream': { content: 'data: hi\\n\\n' }, 'ws-message': { content: 'hi' } })
if (holds !== 2 || (await stream.next()) !== 'hi' || (await socket.next()) !== 'hi') throw new Error('not published')
await testing.close()

try {
  // @ts-expect-error: a channel is a text
  await server.publish(5, 'x')
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error
}
console.log('consumer: fine')
`

/** How consumers' projects find packages: as Node does, and as bundlers do. */
const MODULES = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
]

const CONSUMER_OPTIONS = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    typeRoots: [inProject('node_modules', '@types')],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    outDir: 'out',
  },
  include: ['consumer.ts'],
}

function checkConsumer(folder) {
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
  for (const modules of MODULES) {
    const compilerOptions = { ...CONSUMER_OPTIONS.compilerOptions, ...modules }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...CONSUMER_OPTIONS, compilerOptions }))
    run(process.execPath, [inProject('node_modules', 'typescript', 'bin', 'tsc')], folder)
  }
  const output = run(process.execPath, [join('out', 'consumer.js')], folder)
  if (!output.includes('consumer: fine')) throw new Error(`the consumer's program said: ${output}`)
}

function npm(args, cwd) {
  return run('npm', args, cwd)
}

function npx(args, cwd) {
  return run('npx', ['--no-install', 'holdfast', ...args], cwd)
}

/** Runs a program to its end; answers what it wrote to standard output. */
function run(command, args, cwd) {
  const options = { cwd, encoding: 'utf8', shell: isWindows && command !== process.execPath }
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  if (error) throw error
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`)
}

/** Runs this check by other versions of Node, one after the other. */
function checkOnOthers(majors) {
  for (const major of majors) {
    if (!/^\d+$/.test(major)) throw new Error(`not a major version of Node: ${major}`)
    withNode(major, (node, env) => runInherited(node, [fileURLToPath(import.meta.url)], { env }))
  }
}

async function check() {
  build()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-release-'))
  try {
    const packed = pack(folder)
    const faults = contentFaults(packed)
    if (faults.length > 0) throw new Error(faults.join('\n'))
    console.log(
      `package: ${packed.files.length} files, ${packed.size} bytes, ${packed.unpackedSize} unpacked`,
    )
    const consumer = join(folder, 'consumer')
    mkdirSync(consumer)
    install(consumer, join(folder, packed.filename))
    await checkProgram(consumer)
    console.log(`program: fine on Node ${process.versions.node}, without optional dependencies`)
    checkConsumer(consumer)
    console.log('types and imports: fine')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const majors = process.argv.slice(2)
  try {
    if (majors.length > 0) checkOnOthers(majors)
    else await check()
  } catch (error) {
    console.error(`release: ${error.message}`)
    process.exitCode = 1
  }
}
