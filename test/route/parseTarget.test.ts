import { describe, expect, test } from 'vitest'
import type { OriginTarget } from '../../src/edges/origin.ts'
import { parseRoute } from '../../src/route/parseRoute.ts'
import { createTarget, type HttpTarget, type Target, targetName } from '../../src/route/target.ts'
import { routeOf } from '../support/routeOf.ts'

function targetOf(text: string): Target {
  return routeOf(`* ${text}`).targets[0]!
}

describe('a target', () => {
  test('is trusted, plain and without subscriptions unless it says otherwise', () => {
    expect(targetOf('localhost:8080')).toEqual({
      kind: 'http',
      host: 'localhost',
      port: 8080,
      tls: false,
      untrusted: false,
      trustConnectHost: false,
      insecure: false,
      hostOverride: undefined,
      subs: [],
      overHttp: false,
      oneEvent: false,
      ipcFileMode: undefined,
      clientCert: undefined,
      clientKey: undefined,
    })
  })

  test('takes every property', () => {
    const line =
      'a:1,ssl,untrusted,trust_connect_host,insecure,host=b:2,sub=x,sub=,sub=y,sub=x,over_http,one_event,' +
      'ipc_file_mode=770,client_cert=c.pem,client_key=k.pem'
    expect(parseRoute(`* ${line}`)?.warnings).toEqual([])
    expect(targetOf(line)).toEqual({
      kind: 'http',
      host: 'a',
      port: 1,
      tls: true,
      untrusted: true,
      trustConnectHost: true,
      insecure: true,
      hostOverride: 'b:2',
      subs: ['x', 'y'],
      overHttp: true,
      oneEvent: true,
      ipcFileMode: 0o770,
      clientCert: 'c.pem',
      clientKey: 'k.pem',
    })
  })

  test('with ssl=no is not TLS, unlike in Pushpin', () => {
    expect(targetOf('a:1,ssl=no').tls).toBe(false)
  })

  test.each([
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['[::1]:65535', '::1', 65_535],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    ['test:80', 'test', 80],
  ])('%s is an address', (text, host, port) => {
    expect(targetOf(text)).toMatchObject({ kind: 'http', host, port })
    expect(targetName(targetOf(text))).toBe(text)
  })

  test.each([
    ['unix:/run/app.sock', '/run/app.sock'],
    ['unix:app.sock,over_http', 'app.sock'],
    ['"unix:/run/my app,1.sock"', '/run/my app,1.sock'],
    ['unix:80.sock', '80.sock'],
  ])('%s is behind a unix socket', (text, socketPath) => {
    expect(targetOf(text)).toMatchObject({ kind: 'http', socketPath })
    expect(targetName(targetOf(text))).toBe(`unix:${socketPath}`)
  })

  test('unix:80 is a port of a host of that name, as in Pushpin', () => {
    expect(targetOf('unix:80')).toMatchObject({ kind: 'http', host: 'unix', port: 80 })
  })

  test.each([
    ['unix:', "target bad format: 'unix:'"],
    ['unix:/run/a\0b', "target bad format: 'unix:/run/a\0b'"],
    ['unix:/a.sock,untrusted', "untrusted needs a target of the form 'host:port': 'unix:/a.sock'"],
    [
      'unix:/a.sock,ssl,trust_connect_host',
      "trust_connect_host needs a target of the form 'host:port': 'unix:/a.sock'",
    ],
  ])('%j is refused', (text, message) => {
    expect(() => targetOf(text)).toThrow(message)
  })

  test('may be the test origin', () => {
    expect(targetOf('test,sub=x')).toMatchObject({ kind: 'test', subs: ['x'] })
    expect(targetName(targetOf('test'))).toBe('test')
  })

  test('may be an origin in this process, which no file can name', () => {
    const target = createTarget({ kind: 'local', name: 'demo' }, { subs: ['x'] })
    expect(target).toMatchObject({ kind: 'local', name: 'demo', subs: ['x'], tls: false })
    expect(targetName(target)).toBe('demo')
    expect(() => targetOf('demo')).toThrow("target bad format: 'demo'")
  })

  test('by address is what an Origin is asked with', () => {
    const target: OriginTarget = targetOf('a:1') as HttpTarget
    expect(target.host).toBe('a')
  })

  test('keeps the order in which targets are to be tried', () => {
    expect(routeOf('* a:1 test b:2').targets.map(targetName)).toEqual(['a:1', 'test', 'b:2'])
  })
})
