import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HttpApi } from '../../src/ingress/httpApi.ts'
import { type RequestOptions, requestBytes } from '../support/client.ts'
import { connect } from '../support/rawClient.ts'
import { eventually, passTime } from '../support/waiting.ts'
import { bodyOf, expectText, item, MAX_HEADERS, useControlPort } from './controlPort.ts'

const control = useControlPort()

describe('connections', () => {
  const publishBytes = (channel: string, options: RequestOptions = {}): Buffer =>
    requestBytes('/publish', { method: 'POST', body: bodyOf(item(channel)), ...options })

  it('one connection serves publish after publish', async () => {
    const client = await connect(control.port)
    for (const channel of ['a', 'b', 'c']) {
      client.send(publishBytes(channel))
      expectText(await client.response(), 200, 'Published\n')
    }
    expect(control.bus.channels).toEqual(['a', 'b', 'c'])
    expect(client.isClosed).toBe(false)
    client.destroy()
  })

  it('Connection: close is honoured', async () => {
    const client = await connect(control.port)
    client.send(publishBytes('a', { headers: { Connection: 'close' } }))
    expectText(await client.response(), 200, 'Published\n')
    await client.closed()
  })

  it('what follows a request with Connection: close has no answer', async () => {
    const client = await connect(control.port)
    client.send('POST /publish HTTP/1.1\r\nConnection: close\r\n\r\n{"items":[]}')
    expectText(await client.response(), 411, 'Request requires Content-Length.\n')
    await client.closed()
    expect(await client.until(() => true)).toBe('')
  })

  it('an HTTP/1.0 connection ends with its answer, unless it is to be kept', async () => {
    const client = await connect(control.port)
    client.send(publishBytes('a', { version: '1.0', headers: { Connection: 'keep-alive' } }))
    expect((await client.response()).status).toBe(200)
    client.send(publishBytes('b', { version: '1.0' }))
    expect((await client.response()).status).toBe(200)
    await client.closed()
  })

  it('a request without Host is taken', async () => {
    const client = await connect(control.port)
    client.send('GET / HTTP/1.1\r\n\r\n')
    expectText(await client.response(), 200, 'Pushpin API\n')
    client.destroy()
  })

  it('pipelined publishes reach the bus in order, and are answered in order', async () => {
    control.bus.isHeld = true
    const client = await connect(control.port)
    const channels = ['a', 'bb', 'ccc', 'dddd']
    const headers = { Accept: 'application/json' }
    client.send(Buffer.concat(channels.map((channel) => publishBytes(channel, { headers }))))
    await eventually('all publishes', () => control.bus.batches.length === channels.length)
    expect(control.bus.channels).toEqual(channels)
    control.bus.releaseBackwards()
    for (const channel of channels) {
      const { items } = JSON.parse((await client.response()).text)
      expect(items).toEqual([{ channel, holds: channel.length }])
    }
    client.destroy()
  })

  it('a publisher that pipelines more than the bus takes is not read on', async () => {
    const count = 5000
    control.bus.isHeld = true
    const client = await connect(control.port)
    const one = publishBytes('a')
    client.send(Buffer.concat(Array.from({ length: count }, () => one)))
    await eventually('a first read', () => control.bus.batches.length >= 100)
    const readBeforeRelease = control.bus.batches.length
    control.bus.releaseBackwards()
    for (let i = 0; i < count; i++) expect((await client.response()).status).toBe(200)
    expect(readBeforeRelease).toBeLessThan(2000)
    expect(control.bus.batches.length).toBe(count)
    client.destroy()
  })

  it('a publisher that leaves in mid-body publishes nothing, and hurts nobody', async () => {
    const client = await connect(control.port)
    client.send(publishBytes('a').subarray(0, -1))
    client.destroy()
    expectText(await control.post(bodyOf(item('b'))), 200, 'Published\n')
    expect(control.bus.channels).toEqual(['b'])
  })

  it('a publisher that leaves before its answer hurts nobody', async () => {
    control.bus.isHeld = true
    const client = await connect(control.port)
    client.send(publishBytes('a'))
    await eventually('the publish', () => control.bus.batches.length === 1)
    client.socket.resetAndDestroy()
    await eventually('the end of the connection', () => client.isClosed)
    control.bus.releaseBackwards()
    expectText(await control.post(bodyOf(item('b'))), 200, 'Published\n')
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
    const client = await connect(control.port)
    client.send(bytes)
    const response = await client.response()
    expectText(response, 400, text)
    expect(response.all('connection')).toEqual(['close'])
    await client.closed()
    expect(control.bus.batches).toEqual([])
  })

  it('a publish that was taken is answered before the garbage behind it', async () => {
    control.bus.isHeld = true
    const client = await connect(control.port)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    client.send('garbage\r\n\r\n')
    await eventually('the publish', () => control.bus.batches.length === 1)
    control.bus.releaseBackwards()
    expectText(await client.response(), 200, 'Published\n')
    expectText(await client.response(), 400, 'Failed to parse request header.\n')
    await client.closed()
  })

  it('a body that is longer than declared is read as the next request', async () => {
    const body = bodyOf(item('a'))
    const client = await connect(control.port)
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
    limited = control.create({ timeLimits: { headersMs: 50, requestMs: 200, checkMs: 20 } })
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
    control.bus.isHeld = true
    const client = await connect(limited.address!.port)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    await passTime(300)
    control.bus.releaseBackwards()
    expectText(await client.response(), 200, 'Published\n')
    client.destroy()
  })
})
