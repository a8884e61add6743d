import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { readRequestHead } from '../../src/accept/requestHead.ts'

interface Raw {
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly string[]
  readonly minor?: number
}

function read({ method = 'GET', url = '/', headers = ['Host', 'h'], minor = 1 }: Raw, maxHeaderBytes = 8192) {
  const incoming = { method, url, rawHeaders: headers, httpVersionMajor: 1, httpVersionMinor: minor }
  return readRequestHead(incoming as unknown as IncomingMessage, { maxHeaderBytes })
}

const FAULT = 'Failed to parse request: '

describe('the target', () => {
  it.each([
    ['/', '/', 'h'],
    ['/a/../b%2F?x=%20#'.slice(0, -1), '/a/../b%2F?x=%20', 'h'],
    ['//other/x', '//other/x', 'h'],
    ['http://Other:81/x?y', '/x?y', 'Other:81'],
    ['HTTPS://other', '/', 'other'],
    ['http://other?x', '/?x', 'other'],
    ['http://[::1]:80/x', '/x', '[::1]:80'],
  ])('of %s is %s of %s', (url, target, authority) => {
    expect(read({ url })).toMatchObject({ target, authority })
  })

  it('may be * for OPTIONS alone', () => {
    expect(read({ method: 'OPTIONS', url: '*' })).toMatchObject({ target: '*' })
    expect(read({ url: '*' })).toEqual({ status: 400, reason: `${FAULT}invalid request target` })
  })

  it.each([
    '',
    'x',
    'x/y',
    'h:80',
    'ftp://h/x',
    'http:/x',
    'http:///x',
    'http://u@h/',
    'http://h:x/',
    '/x#y',
    'http://h/#y',
    '**',
  ])('cannot be %j', (url) => {
    expect(read({ url })).toEqual({ status: 400, reason: `${FAULT}invalid request target` })
  })
})

describe('the Host', () => {
  it.each(['h', 'H.example.', 'h:1', '127.0.0.1:80', '[::1]', '[2001:db8::1]:443', 'under_score', 'xn--4ca'])(
    'can be %j',
    (host) => {
      expect(read({ headers: ['Host', host] })).toMatchObject({ authority: host })
    },
  )

  it.each([
    '',
    ' ',
    'a b',
    'a/b',
    'a,b',
    'u@h',
    'h:',
    'h:x',
    'h:123456',
    'a?b',
    'a#b',
    '[::1',
    '::1',
    'ä',
    'a\\b',
    'h\tx',
  ])('cannot be %j', (host) => {
    expect(read({ headers: ['Host', host] })).toEqual({ status: 400, reason: `${FAULT}invalid Host header` })
  })

  it('is checked also where an absolute target has its own', () => {
    expect(read({ url: 'http://good/', headers: ['Host', 'b d'] })).toMatchObject({ status: 400 })
  })

  it('may be missing in HTTP/1.0, where it is localhost', () => {
    expect(read({ headers: [], minor: 0 })).toMatchObject({ authority: 'localhost' })
    expect(read({ headers: [] })).toEqual({ status: 400, reason: `${FAULT}no Host header` })
  })

  it('must be one, in any spelling', () => {
    expect(read({ headers: ['Host', 'h', 'hOST', 'h'] })).toMatchObject({
      reason: `${FAULT}more than one Host header`,
    })
  })
})

describe('the body', () => {
  const host = ['Host', 'h']

  it.each([
    [[], undefined, false],
    [['Content-Length', '0'], 0, false],
    [['Content-Length', '007'], 7, true],
    [['Transfer-Encoding', 'Chunked'], undefined, true],
  ])('with %j is of length %j', (fields, bodyLength, hasBody) => {
    expect(read({ headers: [...host, ...fields] })).toMatchObject({ bodyLength, hasBody })
  })

  it.each([
    [['Content-Length', '-1'], 'invalid content length'],
    [['Content-Length', '1e3'], 'invalid content length'],
    [['Content-Length', '0x10'], 'invalid content length'],
    [['Content-Length', ''], 'invalid content length'],
    [['Content-Length', '9'.repeat(16)], 'invalid content length'],
    [['Content-Length', '1', 'Transfer-Encoding', 'chunked'], 'invalid content length'],
    [['Transfer-Encoding', 'gzip'], 'unsupported transfer encoding'],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], 'unsupported transfer encoding'],
    [['Transfer-Encoding', 'chunked, '], 'unsupported transfer encoding'],
  ])('with %j is refused', (fields, reason) => {
    expect(read({ headers: [...host, ...fields] })).toEqual({ status: 400, reason: FAULT + reason })
  })

  it('cannot be chunked in HTTP/1.0', () => {
    expect(read({ headers: ['Transfer-Encoding', 'chunked'], minor: 0 })).toMatchObject({ status: 400 })
  })

  it.each([
    ['100-Continue', 1, true],
    ['100-continue', 0, false],
    ['something', 1, false],
  ])('with Expect %j in HTTP/1.%d: the client waits is %s', (expect_, minor, expectsContinue) => {
    expect(read({ headers: [...host, 'Expect', expect_], minor })).toMatchObject({ expectsContinue })
  })
})

describe('a head', () => {
  it('of exactly the limit is taken, and one byte more is not', () => {
    const wire = `GET /x HTTP/1.1\r\nHost: h\r\nX-Long: ${'x'.repeat(100)}\r\n\r\n`
    const raw = { url: '/x', headers: ['Host', 'h', 'X-Long', 'x'.repeat(100)] }
    expect(read(raw, wire.length)).toMatchObject({ target: '/x' })
    expect(read(raw, wire.length - 1)).toEqual({
      status: 400,
      reason: `Request header size exceeded limit of ${wire.length - 1} bytes.`,
    })
  })

  it('of 64 fields is taken, and one field more is not', () => {
    const fields = Array.from({ length: 63 }, () => ['X', '']).flat()
    expect(read({ headers: ['Host', 'h', ...fields] })).toMatchObject({ target: '/' })
    expect(read({ headers: ['Host', 'h', ...fields, 'X', ''] })).toEqual({
      status: 400,
      reason: `${FAULT}too many headers`,
    })
  })
})

describe('an authority', () => {
  it.each([
    ['h:65535', false],
    ['h:65536', true],
    ['[::1]:99999', true],
  ])('%s is refused for its port: %s', (authority, isRefused) => {
    expect('status' in read({ headers: ['Host', authority] })).toBe(isRefused)
    expect('status' in read({ url: `http://${authority}/` })).toBe(isRefused)
  })
})

describe('a list of expectations', () => {
  it.each([
    ['foo, 100-continue', true],
    ['100-Continue ,foo', true],
    ['foo-100-continue', false],
  ])('such as %s: the client waits is %s', (list, expectsContinue) => {
    expect(read({ headers: ['Host', 'h', 'Expect', list] })).toMatchObject({ expectsContinue })
  })
})
