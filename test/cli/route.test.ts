import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, runHoldfast } from '../support/runHoldfast.ts'

const ROUTES = [
  '* test',
  '*,path_beg=/api,id=api localhost:3000,over_http localhost:3001,ssl',
  'example.com,path_beg=/a,replace_beg=/b,id=a localhost:4000,host=inner.example',
  'id=named,path_beg=/n localhost:5000',
  'unix.test,id=u unix:/run/app.sock,ssl unix:app.sock,host=inner',
]

let folder: string
beforeAll(() => {
  ensureBuilt()
  folder = mkdtempSync(join(tmpdir(), 'holdfast-route-'))
  writeFileSync(join(folder, 'routes'), ROUTES.join('\n'))
  writeFileSync(
    join(folder, 'pushpin.conf'),
    '[runner]\nhttp_port=7999\n[proxy]\nroutesfile=routes\naccept_pushpin_route=true\naccept_x_forwarded_protocol=true\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const route = async (...args: string[]) => {
  const { code, stdout, stderr } = await runHoldfast(['route', ...args], { cwd: folder })
  return { code, text: `${stdout}${stderr}`.replaceAll(`${folder}/`, '') }
}

describe('holdfast route', () => {
  it('names the route, what would be sent where, and why not the others', async () => {
    expect(await route('http://example.com/a/x?y=1')).toEqual({
      code: 0,
      text:
        'GET http://example.com/a/x?y=1\n\n' +
        'It takes routes:3 (a):\n' +
        '  Requests for example.com whose path begins with /a go to localhost:4000 (as host inner.example);' +
        ' the first 2 characters of the path are cut off; the path gets /b in front.\n' +
        '  to localhost:4000: GET /b/x?y=1, Host: inner.example\n\n' +
        'Not the others:\n' +
        '  routes:1 (*,*,*,*): there are rules for example.com, and these alone are asked\n' +
        '  routes:2 (api): there are rules for example.com, and these alone are asked\n' +
        '  routes:4 (named): only requests that name it in Pushpin-Route take it\n' +
        '  routes:5 (u): it is for another host\n',
    })
  })

  it('tells of WebSockets, be it by the scheme or the Upgrade header, and of further targets', async () => {
    const sockets =
      '  to localhost:3000: as WebSocket-over-HTTP /api, Host: h\n' +
      '  else to localhost:3001 by TLS: as a WebSocket /api, Host: h\n'
    expect((await route('ws://h/api')).text).toContain(sockets)
    expect((await route('http://h/api', '-H', 'Upgrade: WebSocket')).text).toContain(sockets)
    expect((await route('ws://h/api')).text).toMatch(/^GET ws:\/\/h\/api\n/)
  })

  it('names unix sockets by the paths that are connected to', async () => {
    expect((await route('http://unix.test/x')).text).toContain(
      '  Requests for unix.test go to unix:/run/app.sock (TLS), else to unix:app.sock (as host inner).\n' +
        '  to unix:/run/app.sock by TLS: GET /x, Host: unix.test\n' +
        '  else to unix:app.sock: GET /x, Host: inner\n',
    )
  })

  it('heeds the headers that a server heeds', async () => {
    const named = await route('/n', '--header=Pushpin-Route: named')
    expect(named.text).toContain('It takes routes:4 (named)')
    expect(named.text).toContain('routes:1 (*,*,*,*): the request names named in Pushpin-Route')
    expect((await route('/x', '-H', 'Pushpin-Route: named')).text).toContain(
      'routes:4 (named): the path does not begin with /n',
    )
    expect((await route('/a', '-H', 'Host: example.com')).text).toContain('routes:3 (a)')
  })

  it('ends with 1 where no route takes the request', async () => {
    const { code, text } = await route('http://example.com/', '--method=POST')
    expect(code).toBe(1)
    expect(text).toContain('POST http://example.com/\n\nNo route takes it: it gets 502.\n')
    expect(text).toContain('routes:3 (a): the path does not begin with /a\n')
  })

  it('ends with 2 where it cannot be asked so', async () => {
    expect(await route('nonsense')).toEqual({
      code: 2,
      text: 'Error: "nonsense" is not a URL: expected http://HOST/PATH, or /PATH\n',
    })
    expect((await route('/', '-H', 'x')).text).toBe('Error: "x" is not a header: expected NAME: VALUE\n')
    expect((await route()).text).toContain('error: URL is missing')
  })
})
