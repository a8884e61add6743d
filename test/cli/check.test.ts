import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../support/freePort.ts'
import { drillRoutes } from '../support/operatorDrill.ts'
import { ensureBuilt, runHoldfast } from '../support/runHoldfast.ts'

let folder: string
let origin: Server
let address: string
beforeAll(async () => {
  ensureBuilt()
  origin = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  address = `127.0.0.1:${(origin.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => origin.close(resolve)))
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-check-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(routes: readonly string[], more = ''): void {
  writeFileSync(join(folder, 'routes'), routes.join('\n'))
  writeFileSync(
    join(folder, 'pushpin.conf'),
    `[runner]\nhttp_port=7999\n[proxy]\nroutesfile=routes\n[handler]\npush_in_http_addr=127.0.0.1\npush_in_http_port=5561\n${more}`,
  )
}
const check = (...args: string[]) => runHoldfast(['check', ...args], { cwd: folder })

describe('holdfast check', () => {
  it('says what each route does, reaches each target once, and ends with 0', async () => {
    write([`* ${address}`, '', `example.com,path_beg=/a ${address},over_http`, '*,path_beg=/t test'])
    const { code, stdout, stderr } = await check()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const routes = join(folder, 'routes')
    expect(stdout).toBe(
      `configuration: ${join(folder, 'pushpin.conf')}\nclients: 0.0.0.0:7999\n` +
        `control API: 127.0.0.1:5561, needs no key\n\n` +
        `${routes}:1: Requests for any host without rules of its own go to ${address}.\n` +
        `${routes}:3: Requests for example.com whose path begins with /a go to ${address} (WebSockets as HTTP requests).\n` +
        `${routes}:4: Requests for any host without rules of its own whose path begins with /t go to the built-in test origin.\n\n` +
        `target ${address}: accepts connections\n\nall is well\n`,
    )
  })

  it('ends with 1 where a target cannot be reached, and says why', async () => {
    const dead = await freePort()
    write([`* 127.0.0.1:${dead}`, `*,path_beg=/tls ${address},ssl`, `*,path_beg=/u ${address},untrusted`])
    const { code, stdout } = await check()
    expect(code).toBe(1)
    expect(stdout).toContain(`target 127.0.0.1:${dead}: connect ECONNREFUSED 127.0.0.1:${dead}\n`)
    expect(stdout).toMatch(
      /target 127\.0\.0\.1:\d+ by TLS as 127\.0\.0\.1: .*(disconnected|ECONNRESET|socket)/,
    )
    expect(stdout).toContain(`target ${address} (untrusted): it is untrusted, and its address is private\n`)
    expect(stdout).toMatch(/\n3 problems\n$/)
  })

  it('reaches unix sockets, and says which it cannot reach', async () => {
    const local = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => local.listen(join(folder, 'app.sock'), resolve))
    try {
      write([
        '* unix:app.sock',
        `*,path_beg=/m unix:${folder}/missing`,
        '*,path_beg=/u unix:app.sock,untrusted',
      ])
      const { code, stdout } = await check()
      expect(code).toBe(1)
      expect(stdout).toContain(`without rules of its own go to unix:${folder}/app.sock.\n`)
      expect(stdout).toContain(`target unix:${folder}/app.sock: accepts connections\n`)
      expect(stdout).toContain(`target unix:${folder}/missing: connect ENOENT ${folder}/missing\n`)
      expect(stdout).toContain(
        "routes:3: untrusted needs a target of the form 'host:port': 'unix:app.sock' (line",
      )
      expect(stdout).toMatch(/\n2 problems\n$/)
    } finally {
      local.close()
    }
  })

  it('ends with 1 where an untrusted host or a certificate cannot be used, and goes on', async () => {
    writeFileSync(join(folder, 'bad.pem'), 'no certificate')
    write([
      '* 256.1.1.1:80,untrusted',
      `*,path_beg=/c ${address},ssl,client_cert=bad.pem,client_key=bad.pem`,
      `*,path_beg=/a ${address}`,
    ])
    const { code, stdout } = await check()
    expect(code).toBe(1)
    expect(stdout).toContain('target 256.1.1.1:80 (untrusted): getaddrinfo ')
    expect(stdout).toMatch(/target .* by TLS as 127\.0\.0\.1: .*PEM/)
    expect(stdout).toContain(`target ${address}: accepts connections\n`)
  })

  it('ends with 1 where a line is skipped, and names it', async () => {
    write([`* ${address}`, 'broken', `* ${address}`, `*,path_beg=/k,sig_key=file:no.pem ${address}`])
    const { code, stdout } = await check()
    expect(code).toBe(1)
    const routes = join(folder, 'routes')
    expect(stdout).toContain(`warning: ${routes}:2: must specify condition and at least one target`)
    expect(stdout).toContain(`warning: ${routes}:3: skipping duplicate condition (line skipped)`)
    expect(stdout).toContain(`warning: ${routes}:4: key file 'no.pem' cannot be read (line skipped)`)
  })

  it('ends with 2 where a server would not start, as that does', async () => {
    write([], 'push_in_http_max_body_size=lots\n')
    const { code, stderr } = await check()
    expect(code).toBe(2)
    expect(stderr).toContain('pushpin.conf:8: push_in_http_max_body_size in [handler]: expected integer')
    expect((await check('--config=none.conf')).code).toBe(2)
    expect((await check('--port=7999', 'word')).code).toBe(2)
  })

  it('takes the flags that say what to check', async () => {
    write(['broken'])
    const { code, stdout } = await check(
      '--config=pushpin.conf',
      `--route=* ${address}`,
      '--port=8000',
      '--id=1',
      '--verbose',
    )
    expect(code).toBe(0)
    expect(stdout).toContain('clients: 0.0.0.0:8000\ncontrol API: 127.0.0.1:5571, needs no key\n')
    expect(stdout).toContain('--route 1: Requests')
  })

  it('says who may use the control port', async () => {
    write(['* test'], '[control]\nauth_key=secret\n')
    const { stdout } = await check()
    expect(stdout).toContain('control API: 127.0.0.1:5561, needs a key\n')
    expect(stdout).not.toContain('secret')
  })

  it('explains routes of every kind', async () => {
    const lines = drillRoutes(address)
    write(lines, '[proxy]\naccept_pushpin_route=true\n')
    const { stdout } = await check()
    const explained = lines.flatMap((line, i) =>
      /^(#|$)/.test(line) ? [] : [`${join(folder, 'routes')}:${i + 1}: `],
    )
    expect(explained).toHaveLength(30)
    for (const place of explained) expect(stdout).toContain(`\n${place}`)
    expect(stdout).not.toContain('skipped')
  })
})
