import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FLAGS } from '../src/config/flags.ts'
import { TestProcess } from './support/process.ts'
import { ensureBuilt } from './support/runHoldfast.ts'
import { eventually } from './support/waiting.ts'

const program = fileURLToPath(new URL('../bin/holdfast.mjs', import.meta.url))
const FREE_PORT = '--port=127.0.0.1:0'

let folder: string
const running: TestProcess[] = []
beforeAll(ensureBuilt)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the program to its end. */
function run(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const options = { cwd: folder, encoding: 'utf8', timeout: 10_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options)
  return { code: status, stdout, stderr }
}

/** Writes a configuration file whose ports are free ones. */
function conf(extra = ''): string {
  const text = `[runner]\nhttp_port=127.0.0.1:0\n[handler]\npush_in_http_addr=127.0.0.1\npush_in_http_port=0\n${extra}`
  writeFileSync(join(folder, 'test.conf'), text)
  return '--config=test.conf'
}

/** Starts the program and waits until it takes clients. */
async function start(...args: string[]): Promise<TestProcess> {
  const server = new TestProcess(process.execPath, [program, ...args], { cwd: folder })
  running.push(server)
  await eventually('the server has started', () => /\bstarted\b/.test(logText(server)) || server.hasExited)
  return server
}

function logText(server: TestProcess): string {
  try {
    return server.output + readFileSync(join(folder, 'test.log'), 'utf8')
  } catch {
    return server.output
  }
}

describe('a bad configuration', () => {
  it('ends the program with 2, all faults on stderr and no stack', () => {
    writeFileSync(
      join(folder, 'bad.conf'),
      '[runner]\nhttp_port=x\n[proxy]\norigin_timeout=never\nsig_key=file:no.pem\n',
    )
    const { code, stdout, stderr } = run('--config=bad.conf', '--loglevel=-1', '--wat')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')).toEqual([
      'holdfast: bad configuration, 5 faults:',
      '  --wat: no such flag',
      '  bad.conf:2: http_port in [runner]: expected PORT (0 to 65535), ADDRESS:PORT or [IPV6]:PORT, found "x"',
      '  --loglevel: log level must be greater than or equal to 0',
      '  bad.conf:4: origin_timeout in [proxy]: expected number, 0.1 to 86400, found "never"',
      "  bad.conf:5: sig_key in [proxy]: key file 'no.pem' cannot be read",
      '',
    ])
  })

  it('of which a route is a part ends it with 2', () => {
    const { code, stderr } = run('--route=localhost:3000')
    expect(code).toBe(2)
    expect(stderr).toBe(
      'holdfast: bad configuration:\n  --route 1: must specify condition and at least one target, as in "* localhost:3000"\n',
    )
  })

  it('that names a log that cannot be written ends it with 2', () => {
    const { code, stderr } = run('--logfile=no/such/folder.log')
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^holdfast: bad configuration:\n {2}--logfile: cannot write .*folder\.log: no such folder\n$/,
    )
  })
})

describe('a control port that strangers could reach', () => {
  const open = '[handler]\npush_in_http_addr=0.0.0.0\n'

  it('without a key ends the program with 2 and the ways out', () => {
    const { code, stdout, stderr } = run(conf(open))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe(
      'holdfast: bad configuration:\n  test.conf:7: the control API on 0.0.0.0 would let other machines publish without a key; ' +
        'set auth_key or auth_basic in [control], or push_in_http_addr=127.0.0.1, or allow_open=true in [control]\n',
    )
  })

  it.each([
    ['a key', '[control]\nauth_key=secret\n', undefined],
    [
      'the word of its operator',
      '[control]\nallow_open=true\n',
      'asks for no key: whoever reaches it can publish',
    ],
  ])('starts with %s', async (_what, control, warning) => {
    const server = await start(conf(`${open}${control}`))
    expect(server.output).toMatch(/http control server: 0\.0\.0\.0:\d+\n/)
    expect(server.output.includes('asks for no key')).toBe(warning !== undefined)
    expect(server.output).not.toContain('secret')
  })
})

describe('asking the program about itself', () => {
  it.each(['--help', '-h'])('%s shows every flag', (flag) => {
    const { code, stdout, stderr } = run(flag)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const { name } of FLAGS) expect(stdout).toContain(`--${name}`)
    expect(stdout).toContain('HOLDFAST_CONFIG')
  })

  it.each(['--version', '-v', '-V'])('%s shows the version', (flag) => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(run(flag)).toEqual({ code: 0, stdout: `holdfast ${version}\n`, stderr: '' })
  })
})

describe('a port that is taken', () => {
  let other: Server
  let port: number
  beforeEach(async () => {
    other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    port = (other.address() as AddressInfo).port
  })
  afterEach(() => new Promise((resolve) => other.close(resolve)))

  it('for clients ends the program with 1 and is named with its setting', () => {
    const { code, stdout, stderr } = run(conf(), '--route=* test', `--port=127.0.0.1:${port}`)
    expect(code).toBe(1)
    expect(stdout).not.toMatch(/stopp/)
    expect(stderr).toBe(
      `holdfast: cannot listen on 127.0.0.1:${port} (http_port in [runner], --port): another program listens there\n`,
    )
  })

  it('for publishers does so, too', () => {
    const { code, stderr } = run(conf(`push_in_http_port=${port}\n`))
    expect(code).toBe(1)
    expect(stderr).toBe(
      `holdfast: cannot listen on 127.0.0.1:${port} (push_in_http_port in [handler], HOLDFAST_CONTROL_PORT, --id): another program listens there\n`,
    )
  })
})

describe('a unix socket that cannot be opened', () => {
  it('ends the program with 1 and is named by its path', () => {
    const path = join(folder, 'test.conf/clients.sock')
    const { code, stderr } = run(conf(`[runner]\nlocal_ports=${path}\n`), '--route=* test')
    expect(code).toBe(1)
    expect(stderr).toBe(`holdfast: cannot make the folder of ${path}: EEXIST\n`)
  })
})

describe('a running server', () => {
  it('ends with 0 on a SIGTERM that comes while it starts', async () => {
    const server = new TestProcess(
      process.execPath,
      [program, conf('[runner]\nworkers=2\n'), '--route=* test'],
      {
        cwd: folder,
      },
    )
    running.push(server)
    await eventually('the start has begun', () => server.output.includes('http control server'))
    server.signal('SIGTERM')
    expect(await server.exited()).toBe(0)
    expect(server.output).toMatch(/started\n(.*\n)*.*stopped\n$/)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s, after its last log line', async (signal) => {
    const server = await start(conf())
    server.signal(signal)
    expect(await server.exited()).toBe(0)
    expect(server.output).toMatch(/\[INFO\] .* stopped\n$/)
  })

  it('ends at once on a second signal, with the number of the signal', async () => {
    const origin = createServer(() => {})
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
    const route = `--route=* 127.0.0.1:${(origin.address() as AddressInfo).port}`
    const server = await start(conf('[runner]\ndrain_timeout=60\n'), route)
    const port = Number(/listening for clients on 127\.0\.0\.1:(\d+)/.exec(server.output)?.[1])
    const asked = new Promise((resolve) => origin.once('connection', resolve))
    const client = connect(port, '127.0.0.1').on('error', () => {})
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await asked
    server.signal('SIGTERM')
    await eventually('the server is stopping', () => server.output.includes('stopping'))
    server.signal('SIGTERM')
    expect(await server.exited()).toBe(143)
    client.destroy()
    origin.close()
  })

  it("writes lines as Pushpin does where nobody looks at a terminal, so that Pushpin's readers find their way", async () => {
    const server = await start(conf(), '--route=* test')
    for (const line of server.output.trimEnd().split('\n'))
      expect(line).toMatch(/^\[(?:INFO|WARN)\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S/)
    expect(server.output).toMatch(/ started\n$/)
  })

  it('writes lines for people with --log-format=pretty', async () => {
    const server = await start(conf(), '--log-format=pretty')
    expect(server.output).toMatch(/\d\.\d{3} INFO {2}started\n/)
  })

  it('writes JSON lines with --log-format=json', async () => {
    const server = await start(conf(), '--log-format=json')
    const lines = server.output.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).msg)).toContain('started')
  })

  it('says in JSON lines which error a line is about', async () => {
    const server = await start(conf(), '--log-format=json', '--route=* test', '--route=* test')
    const lines = server.output.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn')).toMatchObject([
      { msg: '--route 2: skipping duplicate condition (line skipped)', code: 'ROUTE_INVALID' },
    ])
  })

  it('says which configuration file it has read', async () => {
    const server = await start(conf(), '--route=* test')
    expect(server.output).toContain(' configuration: ./test.conf\n')
  })

  it('says where its demo is when it has read none', async () => {
    const server = await start(FREE_PORT, '--id=701')
    const port = /listening for clients on 127\.0\.0\.1:(\d+)/.exec(server.output)?.[1]
    expect(server.output).toContain(`no configuration: serving the demo; open http://localhost:${port}\n`)
  })

  it('warns once of a routes file that is missing, and reads it when it is there', async () => {
    const server = await start(conf('[proxy]\nroutesfile=routes\n'))
    writeFileSync(join(folder, 'routes'), '* test\n')
    await eventually('the routes are read', () => server.output.includes('routes loaded with 1 entries'))
    expect(server.output.split('no such file; it is read as soon as it exists')).toHaveLength(2)
  })

  it('warns of a routes file without any usable route', async () => {
    writeFileSync(join(folder, 'routes'), '* http://localhost:3000\n')
    const server = await start(conf('[proxy]\nroutesfile=routes\n'))
    expect(server.output).toMatch(/\[WARN\] .* no routes in .*routes: every request gets 502\n/)
  })

  it('opens its log file anew on SIGHUP', async () => {
    const file = join(folder, 'test.log')
    const server = await start(conf(), '--logfile=test.log', '--route=* test')
    renameSync(file, `${file}.1`)
    server.signal('SIGHUP')
    await eventually('a line in the new file', () => logText(server).includes('rout'))
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('started')
    expect(server.output).toBe('')
  })

  it('needs no configuration file', async () => {
    const server = await start(FREE_PORT, '--id=700', '--route=* test')
    expect(server.output).toContain('http control server: 127.0.0.1:12561')
  })
})
