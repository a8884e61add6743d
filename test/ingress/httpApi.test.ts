import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { get, requestBytes } from '../support/client.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { connect } from '../support/rawClient.ts'
import { eventually } from '../support/waiting.ts'
import { bodyOf, expectText, item, MAX_BODY, useControlPort } from './controlPort.ts'

const control = useControlPort()

describe('paths and methods', () => {
  it.each(['GET', 'POST', 'DELETE', 'PATCH'])(
    'a health check sees the greeting at / with %s',
    async (method) => {
      expectText(await get(control.port, '/', { method, body: '' }), 200, 'Pushpin API\n')
    },
  )

  it('the greeting to HEAD has no body', async () => {
    const response = await get(control.port, '/', { method: 'HEAD' })
    expect(response.header('content-length')).toBe('12')
    expect(response.text).toBe('')
  })

  it.each(['/publish', '/publish/', '/service/a1_B-2/publish', '/service/a1_B-2/publish/'])(
    'items are published at %s',
    async (target) => {
      expectText(await control.post(bodyOf(item('a')), {}, target), 200, 'Published\n')
      expect(control.bus.channels).toEqual(['a'])
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
    expectText(await control.post(bodyOf(item('a')), {}, target), 404, 'Not Found\n')
    expect(control.bus.batches).toEqual([])
  })

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s on /publish is refused', async (method) => {
    const response = await get(control.port, '/publish', { method, body: '' })
    expectText(response, 405, `Method not allowed: ${method}.\n`)
    expect(response.header('allow')).toBe('POST')
  })

  it('POST /recover recovers', async () => {
    expectText(await control.post('', {}, '/recover'), 200, 'Updated\n')
    const json = await control.post('ignored', { headers: { Accept: 'application/json' } }, '/recover/')
    expect(json.text).toBe('{"message":"Updated"}\n')
    expect(control.recovered).toBe(2)
  })

  it('POST /recover needs no length, as it needs no body', async () => {
    expectText(await get(control.port, '/recover', { method: 'POST' }), 200, 'Updated\n')
    expect(control.recovered).toBe(1)
  })

  it('GET /recover is refused', async () => {
    expectText(await get(control.port, '/recover'), 405, 'Method not allowed: GET.\n')
    expect(control.recovered).toBe(0)
  })
})

describe('negotiation', () => {
  const accepting = (accept: string): Promise<RawResponse> =>
    control.post(bodyOf(), { headers: { Accept: accept } })

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
    expect((await control.post(bodyOf(), { headers })).header('content-type')).toBe('application/json')
  })

  it.each(['text/html', 'application/xml', 'text/plain;q=0'])(
    'Accept: %s is not acceptable, whatever the path and the method',
    async (accept) => {
      const text = 'Not Acceptable. Supported formats are text/plain and application/json.\n'
      expectText(await accepting(accept), 406, text)
      expectText(await get(control.port, '/nowhere', { headers: { Accept: accept } }), 406, text)
      expect(control.bus.batches).toEqual([])
    },
  )

  it('errors are plain text for those who ask for JSON too', async () => {
    const response = await control.post('{}', { headers: { Accept: 'application/json' } })
    expectText(response, 400, "Invalid format: object does not contain 'items'\n")
  })

  it('a publisher that accepts JSON is told how many holds each item reached', async () => {
    const body = bodyOf(item('four'), item('twelve chars', { id: '7', 'prev-id': '6' }))
    const response = await control.post(body, { headers: { Accept: 'application/json' } })
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

describe('failures', () => {
  it('while the bus is down a publisher is told to come back', async () => {
    control.bus.failure = new HoldfastError('BUS_UNAVAILABLE', 'NATS is not connected')
    const response = await control.post(bodyOf(item('a')))
    expectText(response, 503, 'Not published: NATS is not connected\n')
    expect(response.header('retry-after')).toMatch(/^\d+$/)
    control.bus.failure = undefined
    expectText(await control.post(bodyOf(item('a'))), 200, 'Published\n')
  })

  it('an item that is too large for the bus is named, and none of its request is published', async () => {
    const response = await control.post(bodyOf(item('a'), item('large'), item('b')))
    expectText(response, 413, 'Not published: an item of channel "large" has 9 bytes\n')
    expect(control.bus.batches).toEqual([])
  })

  it('an unexpected failure is logged and shows nothing of itself', async () => {
    control.bus.failure = new Error('secret')
    expectText(await control.post(bodyOf(item('a'))), 500, 'Internal error.\n')
    expect(control.log.lines).toContain('error control: a request failed')
  })
})

describe('the log', () => {
  it('has one line a request', async () => {
    await control.post(bodyOf(item('a'), item('b')))
    await get(control.port, '/nowhere')
    await control.post('x'.repeat(MAX_BODY + 1), {}, '/publish/')
    expect(control.log.lines).toEqual([
      'debug control: POST /publish code=200 10 items=2',
      'debug control: GET /nowhere code=404 10',
      'debug control: POST /publish/ code=413 24',
    ])
  })
})

describe('listening and closing', () => {
  it('a port that is taken cannot be opened', async () => {
    const other = control.create()
    const { port } = control
    await expect(other.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    expect(other.address).toBeUndefined()
    await other.close()
  })

  it('tells where it listens', () => {
    expect(control.api.address).toMatchObject({ address: '127.0.0.1', port: control.port })
  })

  it('a publish under way is answered before the port closes, and its connection ends', async () => {
    control.bus.isHeld = true
    const [idle, busy] = [await connect(control.port), await connect(control.port)]
    busy.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    await eventually('the publish', () => control.bus.batches.length === 1)
    const closed = control.api.close()
    await idle.closed()
    control.bus.releaseBackwards()
    const response = await busy.response()
    expect(response.status).toBe(200)
    expect(response.header('connection')).toBe('close')
    await busy.closed()
    await closed
    await expect(connect(control.port)).rejects.toThrow('ECONNREFUSED')
  })
})
