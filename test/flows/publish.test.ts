import { expect, it } from 'vitest'
import { get, type RequestOptions, requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { uniqueName } from '../support/origin.ts'
import { postItems, postPublish, publishCounted, responseItem, streamItem } from '../support/publish.ts'
import { connect } from '../support/rawClient.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useFlow((origin) => [`* ${origin}`])

const control = (target: string, options?: RequestOptions) => get(flow.server.controlPort, target, options)
const send = (items: readonly unknown[], options?: RequestOptions) =>
  postItems(flow.server.controlPort, items, options)
const sendBody = (body: string, options?: RequestOptions) =>
  postPublish(flow.server.controlPort, body, options)
const accept = (value: string) => ({ headers: { Accept: value } })

function expectText(answer: RawResponse, status: number, text: string): void {
  expect([answer.status, answer.text]).toEqual([status, `${text}\n`])
  expect(answer.header('content-type')).toBe('text/plain')
}

const expectInvalid = (answer: RawResponse, detail: string) =>
  expectText(answer, 400, `Invalid format: ${detail}`)

describeFlows('the control port', () => {
  it('says what it is at /', async () => {
    const answer = await control('/')
    expect(answer.status).toBe(200)
    expect(answer.header('content-type')).toBe('text/plain')
    expect(answer.text).toMatch(/API\n$/)
  })

  it('answers 404 for other paths', async () => {
    expectText(await control('/elsewhere'), 404, 'Not Found')
    expectText(await control('/publish/more', { method: 'POST', body: '{}' }), 404, 'Not Found')
  })

  it.each(['/publish', '/publish/'])('takes items at %s', async (path) => {
    expectText(await control(path, { method: 'POST', body: '{"items":[]}' }), 200, 'Published')
  })

  it.each(['/recover', '/recover/'])('takes a call of %s', async (path) => {
    expectText(await control(path, { method: 'POST', body: '' }), 200, 'Updated')
  })

  it.each([
    ['GET', '/publish'],
    ['DELETE', '/publish/'],
  ])('answers 405 to %s %s', async (method, path) => {
    const answer = await control(path, { method })
    expectText(answer, 405, `Method not allowed: ${method}.`)
    expect(answer.header('allow')).toBe('POST')
  })

  it('answers 405 to GET /recover/', async () => {
    expectText(await control('/recover/'), 405, 'Method not allowed: GET.')
  })

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded'])(
    'does not mind a Content-Type of %s',
    async (type) => {
      expect((await send([], { headers: { 'Content-Type': type } })).status).toBe(200)
    },
  )

  it('takes requests as HTTP/1.0', async () => {
    expect((await send([], { version: '1.0' })).text).toBe('Published\n')
  })

  it('tells a publisher that expects it to go on', async () => {
    const client = await connect(flow.server.controlPort)
    const headers = { Expect: '100-continue', 'Content-Length': '12' }
    client.send(requestBytes('/publish/', { method: 'POST', headers }))
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('{"items":[]}')
    expect((await client.response('POST')).status).toBe(200)
  })

  it('refuses a POST without Content-Length', async () => {
    const answer = await control('/publish/', { method: 'POST' })
    expectText(answer, 411, 'Request requires Content-Length.')
  })

  const itChunked = holdfastOnly(it, 'Pushpin does not take chunked bodies')
  itChunked('takes a chunked body', async () => {
    const client = await connect(flow.server.controlPort)
    client.send('POST /publish/ HTTP/1.1\r\nHost: flow.test\r\nTransfer-Encoding: chunked\r\n\r\n')
    client.send('c\r\n{"items":[]}\r\n0\r\n\r\n')
    expect((await client.response('POST')).text).toBe('Published\n')
  })

  it('takes a body of 1000000 bytes and refuses a larger one', async () => {
    const empty = '{"items":[]}'
    expect((await sendBody(empty.padEnd(1_000_000))).status).toBe(200)
    // Its head is enough; a body sent after the refusal could cost the client the answer.
    const refused = await control('/publish/', { method: 'POST', headers: { 'Content-Length': '1000001' } })
    // The status registry has 413 for this, which tells a publisher not to repeat it.
    const status = expected({ holdfast: 413, pushpin: 400 })
    expect([refused.status, refused.text]).toEqual([status, 'Request body too large.\n'])
  })

  const itKeeps = holdfastOnly(it, 'Pushpin closes after each')
  itKeeps('keeps the connection for the next request', async () => {
    const { stream, channel } = await flow.heldStream()
    const client = await connect(flow.server.controlPort)
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify({ items: [streamItem(channel, `${i};`)] })
      client.send(requestBytes('/publish/', { method: 'POST', body }))
      expect((await client.response('POST')).text).toBe('Published\n')
    }
    expect(await stream.until('19;')).toBe(Array.from({ length: 20 }, (_, index) => `${index};`).join(''))
  })

  itKeeps('takes pipelined requests in order', async () => {
    const { stream, channel } = await flow.heldStream()
    const client = await connect(flow.server.controlPort)
    const requests = Array.from({ length: 20 }, (_, index) => {
      const body = JSON.stringify({ items: [streamItem(channel, `${index};`)] })
      return requestBytes('/publish/', { method: 'POST', body })
    })
    client.send(Buffer.concat(requests))
    for (const _ of requests) expect((await client.response('POST')).status).toBe(200)
    expect(await stream.until('19;')).toBe(requests.map((_, index) => `${index};`).join(''))
  })

  it('ends the connection when the publisher asks for that', async () => {
    const client = await connect(flow.server.controlPort)
    client.send(
      requestBytes('/publish/', { method: 'POST', body: '{"items":[]}', headers: { Connection: 'close' } }),
    )
    expect((await client.response('POST')).header('connection')).toBe('close')
    await client.closed()
  })
})

describeFlows('the form of the answer', () => {
  it.each(['text/plain', 'text/*', '*/*', '*', 'application/json, text/plain', 'image/png, text/*'])(
    'is text for Accept: %s',
    async (value) => {
      expectText(await send([], accept(value)), 200, 'Published')
    },
  )

  it.each(['application/json', 'application/*', 'text/plain, application/json', 'application/json; q=0.5'])(
    'is JSON for Accept: %s',
    async (value) => {
      const answer = await send([], accept(value))
      expect(answer.status).toBe(200)
      expect(answer.header('content-type')).toBe('application/json')
      expect(answer.text).toMatch(/\n$/)
      expect(JSON.parse(answer.text)).toMatchObject({ message: 'Published' })
    },
  )

  it('is JSON for /recover, too', async () => {
    const answer = await control('/recover/', { method: 'POST', body: '', ...accept('application/json') })
    expect(JSON.parse(answer.text)).toEqual({ message: 'Updated' })
  })

  it('is 406 when no type will do, before anything else is looked at', async () => {
    const text = 'Not Acceptable. Supported formats are text/plain and application/json.'
    expectText(await send([], accept('image/png')), 406, text)
    expectText(await control('/elsewhere', accept('text/html')), 406, text)
  })

  it('of an error is text, whatever is accepted', async () => {
    expectText(await sendBody('no JSON', accept('application/json')), 400, 'Body is not valid JSON.')
  })
})

const itCounts = holdfastOnly(it, 'an extension: per-item counts')
describeFlows('the JSON answer to a publisher', () => {
  itCounts('tells how many holds each item reached', async () => {
    const { stream, channel } = await flow.heldStream()
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel } })
    await flow.openStream(path)
    await flow.server.subscribed(channel, 2)
    const nobody = uniqueName('nobody')
    const id = uniqueName('id')
    const items = [streamItem(channel, 'a'), streamItem(nobody, 'b'), { ...streamItem(channel, 'c'), id }]
    expect(await publishCounted(flow.server.controlPort, items)).toEqual([
      { channel, holds: 2 },
      { channel: nobody, holds: 0 },
      { channel, id, holds: 2 },
    ])
    expect(await stream.until('c')).toBe('ac')
  })

  itCounts('has exactly this form', async () => {
    const channel = uniqueName('nobody')
    const answer = await send([streamItem(channel, 'a')], accept('application/json'))
    expect(answer.text).toBe(`{"message":"Published","items":[{"channel":"${channel}","holds":0}]}\n`)
  })

  itCounts('counts a long poll for an item that answers it', async () => {
    const { poll, channel } = await flow.heldPoll()
    const [first] = await publishCounted(flow.server.controlPort, [responseItem(channel, 'x')])
    expect(first!.holds).toBe(1)
    await poll.answer()
    const [second] = await publishCounted(flow.server.controlPort, [responseItem(channel, 'x')])
    expect(second!.holds).toBe(0)
  })
})

describeFlows('a body that is not a list of items is refused', () => {
  it.each(['', 'no JSON', '{', '1', '"text"', 'null'])('as no JSON: %s', async (body) => {
    expectText(await sendBody(body), 400, 'Body is not valid JSON.')
  })

  it('as a list', async () => {
    expectText(await sendBody('[]'), 400, 'Invalid format.')
  })

  it('without items', async () => {
    expectInvalid(await sendBody('{}'), "object does not contain 'items'")
  })

  it.each(['{}', '1', 'null', '"x"'])('with items that are %s', async (items) => {
    expectInvalid(await sendBody(`{"items":${items}}`), "object contains 'items' with wrong type")
  })
})

const item = (fields: object) => ({ channel: 'any', formats: { 'http-stream': { content: 'x' } }, ...fields })
const formats = (fields: unknown) => ({ channel: 'any', formats: fields })
const response = (fields: unknown) => formats({ 'http-response': fields })
const stream = (fields: unknown) => formats({ 'http-stream': fields })
const message = (fields: unknown) => formats({ 'ws-message': fields })

// Pushpin names no reason.
const unknownAction = expected({
  holdfast: "'http-stream' contains 'action' with unknown value",
  pushpin: '',
})

describeFlows('an item is refused', () => {
  it.each([
    [1, 'publish item object is not an object'],
    [{ formats: {} }, "publish item object does not contain 'channel'"],
    [item({ channel: 1 }), "publish item object contains 'channel' with wrong type"],
    [item({ id: 1 }), "publish item object contains 'id' with wrong type"],
    [item({ id: null }), "publish item object contains 'id' with wrong type"],
    [item({ 'prev-id': 1 }), "publish item object contains 'prev-id' with wrong type"],
    [item({ formats: 1 }), "publish item object contains 'formats' with wrong type"],
    [item({ formats: {} }), 'no formats specified'],
    [{ channel: 'any' }, 'no formats specified'],
    [item({ meta: 1 }), "publish item object contains 'meta' with wrong type"],
    [item({ meta: { a: 1 } }), "'meta' contains 'a' with wrong type"],
    [item({ size: {} }), "publish item object contains 'size' with wrong type"],
    [item({ size: -1 }), "publish item object contains 'size' with invalid value"],
    [item({ 'no-seq': 1 }), "publish item object contains 'no-seq' with wrong type"],
    [response(1), "'http-response' is not an object"],
    [response({}), "'http-response' does not contain 'body', 'body-bin', or 'body-patch'"],
    [response({ body: 1 }), "'http-response' contains 'body' with wrong type"],
    [response({ 'body-bin': 1 }), "'http-response' contains 'body-bin' with wrong type"],
    [response({ 'body-patch': 1 }), "'http-response' contains 'body-patch' with wrong type"],
    [response({ body: '', code: {} }), "'http-response' contains 'code' with wrong type"],
    [response({ body: '', code: 1000 }), "'http-response' contains 'code' with invalid value"],
    [response({ body: '', code: -1 }), "'http-response' contains 'code' with invalid value"],
    [response({ body: '', reason: 1 }), "'http-response' contains 'reason' with wrong type"],
    [response({ body: '', headers: 1 }), "'http-response' contains 'headers' with wrong type"],
    [response({ body: '', headers: [1] }), 'headers contains element with wrong type'],
    [response({ body: '', headers: [['a']] }), 'headers contains list with wrong number of elements'],
    [response({ body: '', headers: [[1, 'b']] }), 'header contains name element with wrong type'],
    [response({ body: '', headers: [['a', 1]] }), 'header contains value element with wrong type'],
    [response({ body: '', headers: { a: 1 } }), "headers contains 'a' with wrong type"],
    [stream(1), "'http-stream' is not an object"],
    [stream({}), "'http-stream' does not contain 'content' or 'content-bin'"],
    [stream({ content: 1 }), "'http-stream' contains 'content' with wrong type"],
    [stream({ 'content-bin': 1 }), "'http-stream' contains 'content-bin' with wrong type"],
    [stream({ action: 1 }), "'http-stream' contains 'action' with wrong type"],
    [stream({ action: 'explode' }), unknownAction],
    [stream({ action: '' }), unknownAction],
    [
      stream({ content: '', 'content-filters': 'f' }),
      "'http-stream' contains 'content-filters' with wrong type",
    ],
    [stream({ content: '', 'content-filters': [1] }), 'content-filters contains element with wrong type'],
    [message(1), "'ws-message' is not an object"],
    [message({}), "'ws-message' does not contain 'content' or 'content-bin'"],
    [message({ content: 'x', type: 'smoke' }), "'ws-message' contains 'type' with unknown value"],
  ])('%j', async (badItem, detail) => {
    expectInvalid(await send([badItem]), detail)
  })

  const itStrict = holdfastOnly(it, 'ODD-22')
  itStrict.each([
    ['code', { code: 'abc' }],
    ['code', { code: 99 }],
    ['code', { code: 103 }],
    ['reason', { reason: 'a\r\nb' }],
    ['headers', { headers: { 'bad name': 'x' } }],
    ['headers', { headers: { 'X-Injected': 'a\r\nX-More: b' } }],
    ['headers', { headers: { '': 'x' } }],
  ])('for a %s that would break the response: %j', async (_field, fields) => {
    const answer = await send([response({ body: 'x', ...fields })])
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(/^Invalid format: .+\n$/)
  })
})

describeFlows('an item is taken', () => {
  it.each([
    item({ id: 'a', 'prev-id': 'b', meta: { user: 'u' }, size: 10, 'no-seq': true }),
    item({ channel: '' }),
    item({ size: '10' }),
    item({ code: 1, route: 'x', 'user-agent': 'y' }),
    formats({ 'carrier-pigeon': {} }),
    response({ body: '', code: '404' }),
    response({ body: '', headers: {} }),
    response({ 'body-bin': '' }),
    response({ 'body-patch': [] }),
    response({ action: 'hint' }),
    response({ action: 'close' }),
    stream({ content: '' }),
    stream({ action: 'close', content: 1 }),
    stream({ action: 'hint' }),
    stream({ content: 'x', 'content-filters': [] }),
    message({ content: 'x', type: 'text' }),
    message({ 'content-bin': 'AA==', type: 'binary' }),
    message({ type: 'ping' }),
    message({ action: 'close', code: 0 }),
    message({ action: 'close', code: 1000, reason: 'bye' }),
    { channel: 'any', 'http-stream': { content: 'x' } },
    { channel: 'any', 'http-response': { body: 'x' }, 'ws-message': { content: 'x' } },
  ])('%j', async (goodItem) => {
    expectText(await send([goodItem]), 200, 'Published')
  })

  it('with its formats beside the channel, and delivered', async () => {
    const { stream: held, channel } = await flow.heldStream()
    await flow.publish({ channel, 'http-stream': { content: 'legacy' } })
    expect(await held.until('legacy')).toBe('legacy')
  })

  it('with base64 that is not clean, and what can be read is delivered', async () => {
    const { stream: held, channel } = await flow.heldStream()
    await flow.publish(
      streamItem(channel, { 'content-bin': '!!' }),
      streamItem(channel, { 'content-bin': 'aGVs\nbG8=' }),
      streamItem(channel, 'end'),
    )
    expect(await held.until('end')).toBe('helloend')
  })

  it('with binary content before text', async () => {
    const { stream: held, channel } = await flow.heldStream()
    await flow.publish(streamItem(channel, { content: 'text', 'content-bin': 'YmluYXJ5' }))
    expect(await held.until('binary')).toBe('binary')
  })

  const itRefreshes = holdfastOnly(it, 'since 1.38')
  itRefreshes('with the action refresh', async () => {
    expect((await send([stream({ action: 'refresh' })])).status).toBe(200)
  })
})

describeFlows('a batch', () => {
  it('is delivered in order', async () => {
    const { stream: held, channel } = await flow.heldStream()
    await flow.publish(streamItem(channel, '1'), streamItem(channel, '2'), streamItem(channel, '3'))
    expect(await held.until('3')).toBe('123')
  })

  it('with one bad item is refused as a whole', async () => {
    const { stream: held, channel } = await flow.heldStream()
    const answer = await send([streamItem(channel, 'good'), { channel, formats: { 'http-stream': {} } }])
    expect(answer.status).toBe(400)
    await flow.publish(streamItem(channel, 'later'))
    expect(await held.until('later')).toBe('later')
  })
})

describeFlows('message_rate', () => {
  const limited = useFlow((origin) => [`* ${origin}`], {
    conf: { handler: { message_rate: 20, message_hwm: 1000 } },
  })

  it('spreads deliveries over time and loses none', async () => {
    const { stream: held, channel } = await limited.heldStream()
    const contents = Array.from({ length: 15 }, (_, index) => `${index};`)
    const started = Date.now()
    await limited.publish(...contents.map((content) => streamItem(channel, content)))
    expect(await held.until('14;')).toBe(contents.join(''))
    // One client may get items that wait together at once; what comes after them then waits the longer.
    await limited.publish(streamItem(channel, 'end'))
    await held.until('end')
    expect(Date.now() - started).toBeGreaterThan(600)
  })
})

describeFlows('message_hwm', () => {
  const limited = useFlow((origin) => [`* ${origin}`], {
    conf: { handler: { message_rate: 10, message_hwm: 5 } },
  })

  it('drops what exceeds it, and the log says so', async () => {
    const { stream: held, channel } = await limited.heldStream()
    const contents = Array.from({ length: 30 }, (_, index) => `${index};`)
    await limited.publish(...contents.map((content) => streamItem(channel, content)))
    const warning = await eventually('the warning', () =>
      limited.server
        .logs()
        .split('\n')
        .find((line) => line.includes('hwm')),
    )
    expect(warning).toMatch(/WARN/i)
    await held.until('4;')
    expect(held.text.startsWith('0;1;2;3;4;')).toBe(true)
    expect(held.text).not.toContain('29;')
  })
})
