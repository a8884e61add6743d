import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { OPEN_ACCESS } from '../../src/ingress/auth/access.ts'
import { createHttpApi, type HttpApi } from '../../src/ingress/httpApi.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { get, type RequestOptions, requestBytes } from '../support/client.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { LinesLog } from '../support/linesLog.ts'
import { connect } from '../support/rawClient.ts'
import { eventually, passTime } from '../support/waiting.ts'
import { createTestCommands, FakeBus } from './support.ts'

const MAX_HEADERS = 10_000
const MAX_BODY = 1_000_000

let bus: FakeBus
let log: LinesLog
let recovered: number
let api: HttpApi
let port: number

beforeEach(async () => {
  bus = new FakeBus()
  log = new LinesLog()
  recovered = 0
  api = createHttpApi({
    counts: createCounters().received.http,
    access: OPEN_ACCESS,
    bus,
    log,
    maxHeadersBytes: MAX_HEADERS,
    maxBodyBytes: MAX_BODY,
    commands: createTestCommands(bus, () => {
      recovered++
    }),
  })
  port = (await api.listen({ host: '127.0.0.1', port: 0 })).port
})
afterEach(() => api.close())

/** An item for streams. */
const item = (channel: string, more: object = {}): object => ({
  channel,
  formats: { 'http-stream': { content: 'x' } },
  ...more,
})
const bodyOf = (...items: readonly unknown[]): string => JSON.stringify({ items })

function post(body: string, options: RequestOptions = {}, target = '/publish'): Promise<RawResponse> {
  return get(port, target, { method: 'POST', body, ...options })
}

function expectText(response: RawResponse, status: number, text: string): void {
  expect(response.text).toBe(text)
  expect(response.status).toBe(status)
  expect(response.header('content-type')).toBe('text/plain')
  expect(response.header('content-length')).toBe(String(Buffer.byteLength(text)))
}

describe('paths and methods', () => {
  it.each(['GET', 'POST', 'DELETE', 'PATCH'])(
    'a health check sees the greeting at / with %s',
    async (method) => {
      expectText(await get(port, '/', { method, body: '' }), 200, 'Pushpin API\n')
    },
  )

  it('the greeting to HEAD has no body', async () => {
    const response = await get(port, '/', { method: 'HEAD' })
    expect(response.header('content-length')).toBe('12')
    expect(response.text).toBe('')
  })

  it.each(['/publish', '/publish/', '/service/a1_B-2/publish', '/service/a1_B-2/publish/'])(
    'items are published at %s',
    async (target) => {
      expectText(await post(bodyOf(item('a')), {}, target), 200, 'Published\n')
      expect(bus.channels).toEqual(['a'])
    },
  )

  it.each([
    '/nowhere',
    '/publish//',
    '//publish',
    '/publish?x=1',
    '/Publish',
    '/realm/publish',
    '/service/publish',
    '/service/a/b/publish',
    '/service/a',
    '/service/a/publish//',
    '/service/a/publish?x=1',
    'http://flow.test/publish',
  ])('%s is not found', async (target) => {
    expectText(await post(bodyOf(item('a')), {}, target), 404, 'Not Found\n')
    expect(bus.batches).toEqual([])
  })

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s on /publish is refused', async (method) => {
    const response = await get(port, '/publish', { method, body: '' })
    expectText(response, 405, `Method not allowed: ${method}.\n`)
    expect(response.header('allow')).toBe('POST')
  })

  it('POST /recover recovers', async () => {
    expectText(await post('', {}, '/recover'), 200, 'Updated\n')
    const json = await post('ignored', { headers: { Accept: 'application/json' } }, '/recover/')
    expect(json.text).toBe('{"message":"Updated"}\n')
    expect(recovered).toBe(2)
  })

  it('POST /recover needs no length, as it needs no body', async () => {
    expectText(await get(port, '/recover', { method: 'POST' }), 200, 'Updated\n')
    expect(recovered).toBe(1)
  })

  it('GET /recover is refused', async () => {
    expectText(await get(port, '/recover'), 405, 'Method not allowed: GET.\n')
    expect(recovered).toBe(0)
  })
})

describe('negotiation', () => {
  const accepting = (accept: string): Promise<RawResponse> => post(bodyOf(), { headers: { Accept: accept } })

  it.each([
    'text/plain',
    'text/*',
    '*/*',
    '*',
    '',
    'TEXT/Plain; charset=utf-8',
    'application/json, text/plain',
    'application/json;q=0, text/plain',
    'text/plain, application/json;q=0.000',
    'text/html, text/plain, image/png',
  ])('Accept: %s gets text', async (accept) => {
    expectText(await accepting(accept), 200, 'Published\n')
  })

  it.each([
    'application/json',
    'application/*',
    'text/plain,application/json',
    'application/json;q=0.1',
    'Application/JSON',
    'text/plain;q=0, */*;q=0, application/json',
  ])('Accept: %s gets JSON', async (accept) => {
    const response = await accepting(accept)
    expect(response.header('content-type')).toBe('application/json')
    expect(response.text).toBe('{"message":"Published","items":[]}\n')
  })

  it('several Accept fields count as one list', async () => {
    const headers = [
      ['Accept', 'text/plain'],
      ['Accept', 'application/json'],
    ] as const
    expect((await post(bodyOf(), { headers })).header('content-type')).toBe('application/json')
  })

  it.each(['text/html', 'application/xml', 'text/plain;q=0'])(
    'Accept: %s is not acceptable, whatever the path and the method',
    async (accept) => {
      const text = 'Not Acceptable. Supported formats are text/plain and application/json.\n'
      expectText(await accepting(accept), 406, text)
      expectText(await get(port, '/nowhere', { headers: { Accept: accept } }), 406, text)
      expect(bus.batches).toEqual([])
    },
  )

  it('errors are plain text for those who ask for JSON too', async () => {
    const response = await post('{}', { headers: { Accept: 'application/json' } })
    expectText(response, 400, "Invalid format: object does not contain 'items'\n")
  })

  it('a publisher that accepts JSON is told how many holds each item reached', async () => {
    const body = bodyOf(item('four'), item('twelve chars', { id: '7', 'prev-id': '6' }))
    const response = await post(body, { headers: { Accept: 'application/json' } })
    expect(response.header('content-length')).toBe(String(response.body.length))
    expect(response.text.endsWith('}\n')).toBe(true)
    expect(JSON.parse(response.text)).toEqual({
      message: 'Published',
      items: [
        { channel: 'four', holds: 4 },
        { channel: 'twelve chars', id: '7', holds: 12 },
      ],
    })
  })
})

describe('bodies', () => {
  it('a batch is handed to the bus whole and in order', async () => {
    await post(bodyOf(item('a'), item('b'), item('c')))
    expect(bus.batches.map((batch) => batch.map(({ channel }) => channel))).toEqual([['a', 'b', 'c']])
  })

  it('an empty list is published', async () => {
    expectText(await post('{"items":[]}'), 200, 'Published\n')
  })

  it.each([
    ['', 'Body is not valid JSON.\n'],
    ['{"items":[', 'Body is not valid JSON.\n'],
    ['"text"', 'Body is not valid JSON.\n'],
    ['12', 'Body is not valid JSON.\n'],
    ['null', 'Body is not valid JSON.\n'],
    ['[]', 'Invalid format.\n'],
    ['{}', "Invalid format: object does not contain 'items'\n"],
    ['{"items":{}}', "Invalid format: object contains 'items' with wrong type\n"],
    ['{"items":null}', "Invalid format: object contains 'items' with wrong type\n"],
    ['{"items":["x"]}', 'Invalid format: publish item object is not an object\n'],
    ['{"items":[{}]}', "Invalid format: publish item object does not contain 'channel'\n"],
    ['{"items":[{"channel":"c"}]}', 'Invalid format: no formats specified\n'],
  ])('%j is refused', async (body, text) => {
    expectText(await post(body), 400, text)
    expect(bus.batches).toEqual([])
  })

  it('one bad item makes the whole batch bad', async () => {
    const response = await post(bodyOf(item('a'), { channel: 1 }))
    expectText(response, 400, "Invalid format: publish item object contains 'channel' with wrong type\n")
    expect(bus.batches).toEqual([])
  })

  it('the Content-Type does not matter', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expectText(await post(bodyOf(item('a')), { headers }), 200, 'Published\n')
  })

  it('text beyond ASCII arrives whole, however the body is cut', async () => {
    const client = await connect(port)
    const bytes = requestBytes('/publish', { method: 'POST', body: bodyOf(item('grüße-€-🙂')) })
    for (const byte of bytes) {
      client.send(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expectText(await client.response(), 200, 'Published\n')
    expect(bus.channels).toEqual(['grüße-€-🙂'])
    client.destroy()
  })

  it('a chunked body is taken', async () => {
    const body = bodyOf(item('a'))
    const client = await connect(port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
    client.send(
      `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`,
    )
    expectText(await client.response(), 200, 'Published\n')
    expect(bus.channels).toEqual(['a'])
    client.destroy()
  })

  it('a body in thousands of chunks is taken', async () => {
    const body = bodyOf(item('a'.repeat(5000)))
    const client = await connect(port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
    client.send(`${[...body].map((character) => `1\r\n${character}\r\n`).join('')}0\r\n\r\n`)
    expectText(await client.response(), 200, 'Published\n')
    expect(bus.channels).toEqual(['a'.repeat(5000)])
    client.destroy()
  })

  it('JSON that is 200,000 levels deep is answered', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const inIgnoredField = await post(`{"items":[{"channel":"c","formats":{"other":1},"x":${deep}}]}`)
    expectText(inIgnoredField, 200, 'Published\n')
    expect((await post(`{"items":[${deep}]}`)).status).toBe(400)
    expect((await post('{"items":'.repeat(100_000))).text).toBe('Body is not valid JSON.\n')
  })

  it('a request that declares no length is refused', async () => {
    const client = await connect(port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\n\r\nPUT /x HTTP/1.1\r\nHost: h\r\n\r\n')
    expectText(await client.response(), 411, 'Request requires Content-Length.\n')
    expectText(await client.response(), 411, 'Request requires Content-Length.\n')
    client.destroy()
  })

  it('a body of the largest size is taken', async () => {
    const empty = bodyOf(item('a', { pad: '' }))
    const body = bodyOf(item('a', { pad: 'x'.repeat(MAX_BODY - empty.length) }))
    expect(body.length).toBe(MAX_BODY)
    expectText(await post(body), 200, 'Published\n')
    expectText(await post(`${body} `), 413, 'Request body too large.\n')
    expect(bus.batches.length).toBe(1)
  })
})

describe('bodies that are too large', () => {
  it('a publisher that declares too much is answered before it sends', async () => {
    const client = await connect(port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n')
    const response = await client.response()
    expectText(response, 413, 'Request body too large.\n')
    expect(response.header('connection')).toBe('close')
    await client.closed()
  })

  it('a publisher that goes on sending sees the answer, and the connection ends', async () => {
    const client = await connect(port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n')
    for (let sent = 0; sent < 20_000_000; sent += 1_000_000) client.send(Buffer.alloc(1_000_000))
    expectText(await client.response(), 413, 'Request body too large.\n')
    await client.closed()
    expect(bus.batches).toEqual([])
  })

  it('a chunked body is refused when it has become too large', async () => {
    const client = await connect(port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let i = 0; i < 11; i++) client.send(`186a0\r\n${' '.repeat(100_000)}\r\n`)
    expectText(await client.response(), 413, 'Request body too large.\n')
    client.send('0\r\n\r\n')
    await client.closed()
  })

  it('the answer does not overtake the answers that are due before it', async () => {
    bus.isHeld = true
    const client = await connect(port)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n')
    await eventually('the publish', () => bus.batches.length === 1)
    bus.releaseBackwards()
    expect((await client.response()).status).toBe(200)
    expect((await client.response()).status).toBe(413)
    client.destroy()
  })
})

describe('Expect: 100-continue', () => {
  const EXPECTING = 'POST /publish HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n'

  it('a publisher that waits is asked to go on', async () => {
    const body = bodyOf(item('a'))
    const client = await connect(port)
    client.send(`${EXPECTING}Content-Length: ${body.length}\r\n\r\n`)
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.send(body)
    expectText(await client.response(), 200, 'Published\n')
    client.destroy()
  })

  it('a publisher that would send too much is not asked', async () => {
    const client = await connect(port)
    client.send(`${EXPECTING}Content-Length: 60000000\r\n\r\n`)
    const response = await client.response()
    expectText(response, 413, 'Request body too large.\n')
    expect(response.informational).toEqual([])
    await client.closed()
  })

  it('a publisher that is refused is not asked, and its connection ends', async () => {
    const client = await connect(port)
    client.send(`${EXPECTING.replace('/publish', '/nowhere')}Content-Length: 10\r\n\r\n`)
    const response = await client.response()
    expectText(response, 404, 'Not Found\n')
    expect(response.informational).toEqual([])
    await client.closed()
  })

  it('another expectation is ignored', async () => {
    expectText(await post(bodyOf(item('a')), { headers: { Expect: 'tea' } }), 200, 'Published\n')
  })
})

describe('connections', () => {
  const publishBytes = (channel: string, options: RequestOptions = {}): Buffer =>
    requestBytes('/publish', { method: 'POST', body: bodyOf(item(channel)), ...options })

  it('one connection serves publish after publish', async () => {
    const client = await connect(port)
    for (const channel of ['a', 'b', 'c']) {
      client.send(publishBytes(channel))
      expectText(await client.response(), 200, 'Published\n')
    }
    expect(bus.channels).toEqual(['a', 'b', 'c'])
    expect(client.isClosed).toBe(false)
    client.destroy()
  })

  it('Connection: close is honoured', async () => {
    const client = await connect(port)
    client.send(publishBytes('a', { headers: { Connection: 'close' } }))
    expectText(await client.response(), 200, 'Published\n')
    await client.closed()
  })

  it('an HTTP/1.0 connection ends with its answer, unless it is to be kept', async () => {
    const client = await connect(port)
    client.send(publishBytes('a', { version: '1.0', headers: { Connection: 'keep-alive' } }))
    expect((await client.response()).status).toBe(200)
    client.send(publishBytes('b', { version: '1.0' }))
    expect((await client.response()).status).toBe(200)
    await client.closed()
  })

  it('a request without Host is taken', async () => {
    const client = await connect(port)
    client.send('GET / HTTP/1.1\r\n\r\n')
    expectText(await client.response(), 200, 'Pushpin API\n')
    client.destroy()
  })

  it('pipelined publishes reach the bus in order, and are answered in order', async () => {
    bus.isHeld = true
    const client = await connect(port)
    const channels = ['a', 'bb', 'ccc', 'dddd']
    const headers = { Accept: 'application/json' }
    client.send(Buffer.concat(channels.map((channel) => publishBytes(channel, { headers }))))
    await eventually('all publishes', () => bus.batches.length === channels.length)
    expect(bus.channels).toEqual(channels)
    bus.releaseBackwards()
    for (const channel of channels) {
      const { items } = JSON.parse((await client.response()).text)
      expect(items).toEqual([{ channel, holds: channel.length }])
    }
    client.destroy()
  })

  it('a publisher that pipelines more than the bus takes is not read on', async () => {
    const count = 20_000
    bus.isHeld = true
    const client = await connect(port)
    const one = publishBytes('a')
    client.send(Buffer.concat(Array.from({ length: count }, () => one)))
    await eventually('a first read', () => bus.batches.length >= 100)
    const readBeforeRelease = bus.batches.length
    bus.releaseBackwards()
    for (let i = 0; i < count; i++) expect((await client.response()).status).toBe(200)
    expect(readBeforeRelease).toBeLessThan(2000)
    expect(bus.batches.length).toBe(count)
    client.destroy()
  })

  it('a publisher that leaves in mid-body publishes nothing, and hurts nobody', async () => {
    const client = await connect(port)
    client.send(publishBytes('a').subarray(0, -1))
    client.destroy()
    expectText(await post(bodyOf(item('b'))), 200, 'Published\n')
    expect(bus.channels).toEqual(['b'])
  })

  it('a publisher that leaves before its answer hurts nobody', async () => {
    bus.isHeld = true
    const client = await connect(port)
    client.send(publishBytes('a'))
    await eventually('the publish', () => bus.batches.length === 1)
    client.socket.resetAndDestroy()
    await eventually('the end of the connection', () => client.isClosed)
    bus.releaseBackwards()
    expectText(await post(bodyOf(item('b'))), 200, 'Published\n')
  })
})

describe('malformed requests', () => {
  it.each([
    ['a line that is no request', 'hello\r\n\r\n', 'Failed to parse request header.\n'],
    ['an unknown version', 'GET / HTTP/3.7\r\n\r\n', 'Failed to parse request header.\n'],
    ['a field without a colon', 'GET / HTTP/1.1\r\nHost\r\n\r\n', 'Failed to parse request header.\n'],
    ['a NUL in a field', 'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n', 'Failed to parse request header.\n'],
    [
      'a length that is no number',
      'POST /publish HTTP/1.1\r\nContent-Length: x\r\n\r\n',
      'Bad Content-Length.\n',
    ],
    ['a negative length', 'POST /publish HTTP/1.1\r\nContent-Length: -5\r\n\r\n', 'Bad Content-Length.\n'],
    [
      'two lengths',
      'POST /publish HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n',
      'Bad Content-Length.\n',
    ],
    [
      'a length beside chunks',
      'POST /publish HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n',
      'Bad Content-Length.\n',
    ],
    [
      'a bad chunk',
      'POST /publish HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'Failed to parse request body.\n',
    ],
    [
      'a head that is too long',
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(MAX_HEADERS)}\r\n\r\n`,
      'Request header too large.\n',
    ],
    ['an endless head', `GET /${'x'.repeat(MAX_HEADERS * 3)}`, 'Request header too large.\n'],
  ])('%s is refused, and the connection ends', async (_what, bytes, text) => {
    const client = await connect(port)
    client.send(bytes)
    const response = await client.response()
    expectText(response, 400, text)
    expect(response.all('connection')).toEqual(['close'])
    await client.closed()
    expect(bus.batches).toEqual([])
  })

  it('a publish that was taken is answered before the garbage behind it', async () => {
    bus.isHeld = true
    const client = await connect(port)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    client.send('garbage\r\n\r\n')
    await eventually('the publish', () => bus.batches.length === 1)
    bus.releaseBackwards()
    expectText(await client.response(), 200, 'Published\n')
    expectText(await client.response(), 400, 'Failed to parse request header.\n')
    await client.closed()
  })

  it('a body that is longer than declared is read as the next request', async () => {
    const body = bodyOf(item('a'))
    const client = await connect(port)
    client.send(
      `POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}more\r\n\r\n`,
    )
    expectText(await client.response(), 200, 'Published\n')
    expectText(await client.response(), 400, 'Failed to parse request header.\n')
    await client.closed()
  })
})

describe('slow publishers', () => {
  let limited: HttpApi
  beforeEach(async () => {
    const timeLimits = { headersMs: 50, requestMs: 200, checkMs: 20 }
    limited = createHttpApi({
      counts: createCounters().received.http,
      access: OPEN_ACCESS,
      bus,
      commands: createTestCommands(bus),
      log,
      maxHeadersBytes: MAX_HEADERS,
      maxBodyBytes: MAX_BODY,
      timeLimits,
    })
    await limited.listen({ host: '127.0.0.1', port: 0 })
  })
  afterEach(() => limited.close())

  it.each([
    ['sends nothing', ''],
    ['does not finish its head', 'POST /publish HTTP/1.1\r\nX: '],
    ['does not finish its body', 'POST /publish HTTP/1.1\r\nContent-Length: 10\r\n\r\n{"items'],
  ])('one that %s is told so, and its connection ends', async (_what, bytes) => {
    const client = await connect(limited.address!.port)
    client.send(bytes)
    const response = await client.response()
    expectText(response, 408, 'Request was not complete in time.\n')
    expect(response.header('connection')).toBe('close')
    await client.closed()
  })

  it('an idle connection stays open', async () => {
    const client = await connect(limited.address!.port)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    await client.response()
    await passTime(300)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('b')) }))
    expectText(await client.response(), 200, 'Published\n')
    client.destroy()
  })

  it('the bus may take longer than the publisher', async () => {
    bus.isHeld = true
    const client = await connect(limited.address!.port)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    await passTime(300)
    bus.releaseBackwards()
    expectText(await client.response(), 200, 'Published\n')
    client.destroy()
  })
})

describe('failures', () => {
  it('while the bus is down a publisher is told to come back', async () => {
    bus.failure = new HoldfastError('BUS_UNAVAILABLE', 'NATS is not connected')
    const response = await post(bodyOf(item('a')))
    expectText(response, 503, 'Not published: NATS is not connected\n')
    expect(response.header('retry-after')).toMatch(/^\d+$/)
    bus.failure = undefined
    expectText(await post(bodyOf(item('a'))), 200, 'Published\n')
  })

  it('an item that is too large for the bus is named, and none of its request is published', async () => {
    const response = await post(bodyOf(item('a'), item('large'), item('b')))
    expectText(response, 413, 'Not published: an item of channel "large" has 9 bytes\n')
    expect(bus.batches).toEqual([])
  })

  it('an unexpected failure is logged and shows nothing of itself', async () => {
    bus.failure = new Error('secret')
    expectText(await post(bodyOf(item('a'))), 500, 'Internal error.\n')
    expect(log.lines).toContain('error control: a request failed')
  })
})

describe('the log', () => {
  it('has one line a request', async () => {
    await post(bodyOf(item('a'), item('b')))
    await get(port, '/nowhere')
    await post('x'.repeat(MAX_BODY + 1), {}, '/publish/')
    expect(log.lines).toEqual([
      'debug control: POST /publish code=200 10 items=2',
      'debug control: GET /nowhere code=404 10',
      'debug control: POST /publish/ code=413 24',
    ])
  })
})

describe('listening and closing', () => {
  it('a port that is taken cannot be opened', async () => {
    const other = createHttpApi({
      counts: createCounters().received.http,
      access: OPEN_ACCESS,
      bus,
      commands: createTestCommands(bus),
      log,
      maxHeadersBytes: MAX_HEADERS,
      maxBodyBytes: MAX_BODY,
    })
    await expect(other.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    expect(other.address).toBeUndefined()
    await other.close()
  })

  it('tells where it listens', () => {
    expect(api.address).toMatchObject({ address: '127.0.0.1', port })
  })

  it('a publish under way is answered before the port closes, and its connection ends', async () => {
    bus.isHeld = true
    const [idle, busy] = [await connect(port), await connect(port)]
    busy.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    await eventually('the publish', () => bus.batches.length === 1)
    const closed = api.close()
    await idle.closed()
    bus.releaseBackwards()
    const response = await busy.response()
    expect(response.status).toBe(200)
    expect(response.header('connection')).toBe('close')
    await busy.closed()
    await closed
    await expect(connect(port)).rejects.toThrow('ECONNREFUSED')
  })
})
