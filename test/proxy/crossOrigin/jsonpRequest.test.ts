import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClientRequest } from '../../../src/edges/client.ts'
import { parseJsonp, plainRequest } from '../../../src/proxy/crossOrigin/jsonpRequest.ts'
import { DEFAULT_JSONP, type JsonpOptions } from '../../../src/route/route.ts'
import { getAllHeaders } from '../../../src/util/headers.ts'

const BODY_OPTIONS = {
  bodyParam: 'q',
  defaultCallback: 'app.done',
  mode: 'basic',
  defaultMethod: 'POST',
} as const

function parse(target: string, options: Partial<JsonpOptions> = {}, headers: string[] = []) {
  return parseJsonp({ ...DEFAULT_JSONP, ...options }, { method: 'GET', target, headers })
}

function parsed(target: string, options: Partial<JsonpOptions> = {}, headers: string[] = []) {
  const request = parse(target, options, headers)
  if (request?.kind !== 'jsonp') throw new Error(`not JSON-P: ${JSON.stringify(request)}`)
  return request
}

function fault(target: string, options: Partial<JsonpOptions> = {}): string {
  const request = parse(target, options)
  return request?.kind === 'invalid' ? `${request.answer.status} ${request.answer.text}` : 'no fault'
}

const param = (value: unknown) =>
  encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))

describe('a JSON-P request', () => {
  it('is one that names a callback', () => {
    expect(parsed('/a?callback=cb')).toMatchObject({
      callback: 'cb',
      method: 'GET',
      target: '/a',
      mode: 'extended',
    })
    expect(parsed('/a?jsonp=cb', { callbackParam: 'jsonp' }).callback).toBe('cb')
    expect(parsed('/a?call%62ack=c%62').callback).toBe('cb')
    expect(parse('/a?b=callback')).toBeUndefined()
    expect(parse('/a')).toBeUndefined()
    expect(parse('/a?callback=cb', { callbackParam: 'jsonp' })).toBeUndefined()
  })

  it('is none unless its method is GET', () => {
    for (const method of ['POST', 'HEAD', 'OPTIONS', 'get']) {
      expect(parseJsonp(DEFAULT_JSONP, { method, target: '/?callback=cb', headers: [] })).toBeUndefined()
    }
  })

  it('is one without a callback too, where the route names one and the body is there', () => {
    expect(parsed('/a?q=1', BODY_OPTIONS)).toMatchObject({
      callback: 'app.done',
      method: 'POST',
      mode: 'basic',
    })
    expect(parsed('/a?q=1&callback=cb', BODY_OPTIONS).callback).toBe('cb')
    expect(parse('/a?x=1', BODY_OPTIONS)).toBeUndefined()
    expect(parse('/a?_body=1', { defaultCallback: 'cb' })).toBeUndefined()
  })

  it('reaches the origin without its own parameters, the others as they were spelled', () => {
    expect(parsed('/a?callback=cb&x=%7e+1&&y&callback=no&z=').target).toBe('/a?x=%7e+1&&y&z=')
    expect(parsed('/a?callback=cb&_method=PUT&_headers={}&_body=').target).toBe('/a')
    expect(parsed('/a?q=1&_body=2', BODY_OPTIONS).target).toBe('/a?_body=2')
    expect(parsed('/a?callback=cb&x=1?2').target).toBe('/a?x=1?2')
  })

  it('can have another method', () => {
    expect(parsed('/?callback=cb&_method=DELETE').method).toBe('DELETE')
    expect(parsed('/?callback=cb', { defaultMethod: 'PUT' }).method).toBe('PUT')
    for (const method of ['', 'A%20B', 'GET%0d%0a', '%E9', '%', 'CONNECT']) {
      expect(fault(`/?callback=cb&_method=${method}`)).toBe('400 Invalid _method parameter.')
    }
  })

  it('can have a body', () => {
    expect(parsed(`/?callback=cb&_body=${param('é+\0')}`).body.toString()).toBe('é+\0')
    expect(parsed('/?callback=cb&_body=%ff').body).toEqual(Buffer.from([0xff]))
    expect(parsed('/?callback=cb&_body=').body).toHaveLength(0)
    expect(parsed('/?callback=cb').headers).toEqual(['Accept', '*/*'])
    expect(fault('/?callback=cb&_body=%4')).toBe('400 Invalid _body parameter.')
    expect(fault('/?callback=cb&q=%zz', BODY_OPTIONS)).toBe('400 Invalid body parameter.')
  })

  it('has a body of JSON where the route names its parameter', () => {
    const headers = param({ 'content-type': 'text/plain', 'X-A': '1' })
    const request = parsed(`/?q=%7B%7D&_headers=${headers}`, BODY_OPTIONS)
    expect(request.body.toString()).toBe('{}')
    expect(request.headers).toEqual(['X-A', '1', 'Content-Type', 'application/json', 'Accept', '*/*'])
  })

  it('can set header fields, which take the place of its own', () => {
    const own = ['Host', 'a.test', 'accept', 'text/javascript', 'User-Agent', 'Browser', 'Cookie', 'c=1']
    const set = param({ 'user-agent': ' é ', 'X-A': '', Accept: 'x', HOST: 'evil.test' })
    expect(parsed(`/?callback=cb&_headers=${set}`, {}, own).headers).toEqual([
      ...['user-agent', '\xc3\xa9', 'X-A', '', 'Accept', '*/*', 'Host', 'a.test', 'Cookie', 'c=1'],
    ])
  })

  it('cannot set fields of the connection or of the framing', () => {
    const set = {
      ...{
        'Content-Length': '5',
        'Transfer-Encoding': 'chunked',
        Expect: '100-continue',
        Upgrade: 'websocket',
      },
      ...{
        Connection: 'X-Nominated',
        'X-Nominated': '1',
        'Keep-Alive': 'x',
        'Proxy-Authorization': 'x',
        'X-A': '1',
      },
    }
    expect(parsed(`/?callback=cb&_headers=${param(set)}`).headers).toEqual(['X-A', '1', 'Accept', '*/*'])
  })

  it('is refused when its header fields are none', () => {
    const texts = [
      '',
      '%',
      '{',
      '[]',
      'null',
      '"a"',
      '{"a":1}',
      '{"a":null}',
      '{"a b":"c"}',
      '{"":"c"}',
      '{"a:":"c"}',
    ]
    const injected = [{ a: 'b\r\nGrip-Sig: c' }, { 'a\r\nb': 'c' }, { a: '\0' }, { a: '\x7f' }]
    for (const text of [...texts.map((one) => one.replaceAll(' ', '%20')), ...injected.map(param)]) {
      expect(fault(`/?callback=cb&_headers=${text}`)).toBe('400 Invalid _headers parameter.')
    }
  })

  it('may call any plain function of the page', () => {
    const names = [
      'cb',
      '_',
      '$',
      'jQuery123_456',
      'angular.callbacks._0',
      'cbs[0]',
      'a["b-c"].d',
      "a['b.c'][12]",
    ]
    for (const name of names) expect(parsed(`/?callback=${param(name)}`).callback).toBe(name)
  })

  it('may not bring code', () => {
    const names = [
      ...[
        '',
        ' ',
        '1a',
        'a.',
        '.a',
        'a..b',
        'a b',
        'a;b',
        'a(b)',
        'a=b',
        'a//',
        'a[b]',
        'a["b]',
        'a["b\\"]',
        'é',
      ],
      ...['alert(1);cb', 'cb</script><script>', 'a\n', 'a\u2028', 'a["b"', 'a[""]b', 'a-b', 'a[-1]', 'a`b`'],
      'a'.repeat(201),
    ]
    for (const name of names) {
      expect(fault(`/?callback=${param(name)}`), name).toBe('400 Invalid callback parameter.')
    }
    expect(fault('/?callback')).toBe('400 Invalid callback parameter.')
    expect(fault('/?callback=%c')).toBe('400 Invalid callback parameter.')
    expect(fault('/?callback=a;b&callback=ok')).toBe('400 Invalid callback parameter.')
  })

  it('is understood or refused, and fit to be sent, whatever it says', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'callback',
        'callback=cb',
        '_method=',
        '_headers=',
        '_body=',
        'q=',
        '=',
        '&',
        '?',
        '%',
        '%0a',
      ),
      fc.constantFrom('{"a":"b"}', '{"__proto__":"x"}', '%22', 'PUT', '+'),
      fc.string({ maxLength: 4 }).map((text) => text.replace(/[^!-~]/g, '_')),
    )
    const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/?${pieces.join('')}`)
    const options = fc.constantFrom<Partial<JsonpOptions>>({}, BODY_OPTIONS)
    fc.assert(
      fc.property(target, options, (text, some) => {
        const request = parse(text, some, ['Host', 'a'])
        if (request?.kind === 'invalid') expect(request.answer.text).toMatch(/^Invalid \w+ parameter\.$/)
        if (request?.kind !== 'jsonp') return
        expect(request.target).toMatch(/^\/[!-~]*$/)
        expect(request.method).toMatch(/^[!#$%&'*+.^_`|~\w-]+$/)
        for (const field of request.headers) expect(field).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
        expect(getAllHeaders(request.headers, 'accept')).toEqual(['*/*'])
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the request that the origin gets for it', () => {
  const original: ClientRequest = {
    method: 'GET',
    target: '/?callback=cb',
    httpVersion: '1.1',
    secure: true,
    authority: 'a.test',
    headers: [],
    peerAddress: '192.0.2.1',
    body: undefined,
    bodyLength: undefined,
  }

  it('has a body of known length', async () => {
    const jsonp = parsed('/?callback=cb&_method=POST&_body=abc')
    const request = plainRequest(original, jsonp)
    expect(request).toMatchObject({
      method: 'POST',
      target: '/',
      secure: true,
      authority: 'a.test',
      bodyLength: 3,
    })
    expect(Buffer.concat(await request.body!.toArray()).toString()).toBe('abc')
  })

  it('has no body when there is none to send', () => {
    const request = plainRequest(original, parsed('/?callback=cb'))
    expect(request.body).toBeUndefined()
    expect(request.bodyLength).toBeUndefined()
  })
})
