import { describe, expect, it } from 'vitest'
import { requestBytes } from '../support/client.ts'
import { connect } from '../support/rawClient.ts'
import { eventually } from '../support/waiting.ts'
import { bodyOf, expectText, item, MAX_BODY, useControlPort } from './controlPort.ts'

const control = useControlPort()

describe('bodies', () => {
  it('a batch is handed to the bus whole and in order', async () => {
    await control.post(bodyOf(item('a'), item('b'), item('c')))
    expect(control.bus.batches.map((batch) => batch.map(({ channel }) => channel))).toEqual([['a', 'b', 'c']])
  })

  it('an empty list is published', async () => {
    expectText(await control.post('{"items":[]}'), 200, 'Published\n')
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
    expectText(await control.post(body), 400, text)
    expect(control.bus.batches).toEqual([])
  })

  it('one bad item makes the whole batch bad', async () => {
    const response = await control.post(bodyOf(item('a'), { channel: 1 }))
    expectText(response, 400, "Invalid format: publish item object contains 'channel' with wrong type\n")
    expect(control.bus.batches).toEqual([])
  })

  it('the Content-Type does not matter', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expectText(await control.post(bodyOf(item('a')), { headers }), 200, 'Published\n')
  })

  it('text beyond ASCII arrives whole, however the body is cut', async () => {
    const client = await connect(control.port)
    const bytes = requestBytes('/publish', { method: 'POST', body: bodyOf(item('grüße-€-🙂')) })
    for (const byte of bytes) {
      client.send(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expectText(await client.response(), 200, 'Published\n')
    expect(control.bus.channels).toEqual(['grüße-€-🙂'])
    client.destroy()
  })

  it('a chunked body is taken', async () => {
    const body = bodyOf(item('a'))
    const client = await connect(control.port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
    client.send(
      `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`,
    )
    expectText(await client.response(), 200, 'Published\n')
    expect(control.bus.channels).toEqual(['a'])
    client.destroy()
  })

  it('a body in thousands of chunks is taken', async () => {
    const body = bodyOf(item('a'.repeat(5000)))
    const client = await connect(control.port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
    client.send(`${[...body].map((character) => `1\r\n${character}\r\n`).join('')}0\r\n\r\n`)
    expectText(await client.response(), 200, 'Published\n')
    expect(control.bus.channels).toEqual(['a'.repeat(5000)])
    client.destroy()
  })

  it('JSON that is 200,000 levels deep is answered', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const inIgnoredField = await control.post(`{"items":[{"channel":"c","formats":{"other":1},"x":${deep}}]}`)
    expectText(inIgnoredField, 200, 'Published\n')
    expect((await control.post(`{"items":[${deep}]}`)).status).toBe(400)
    expect((await control.post('{"items":'.repeat(100_000))).text).toBe('Body is not valid JSON.\n')
  })

  it('a request that declares no length is refused', async () => {
    const client = await connect(control.port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\n\r\nPUT /x HTTP/1.1\r\nHost: h\r\n\r\n')
    expectText(await client.response(), 411, 'Request requires Content-Length.\n')
    expectText(await client.response(), 411, 'Request requires Content-Length.\n')
    client.destroy()
  })

  it('a body of the largest size is taken', async () => {
    const empty = bodyOf(item('a', { pad: '' }))
    const body = bodyOf(item('a', { pad: 'x'.repeat(MAX_BODY - empty.length) }))
    expect(body.length).toBe(MAX_BODY)
    expectText(await control.post(body), 200, 'Published\n')
    expectText(await control.post(`${body} `), 413, 'Request body too large.\n')
    expect(control.bus.batches.length).toBe(1)
  })
})

describe('bodies that are too large', () => {
  it('a publisher that declares too much is answered before it sends', async () => {
    const client = await connect(control.port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n')
    const response = await client.response()
    expectText(response, 413, 'Request body too large.\n')
    expect(response.header('connection')).toBe('close')
    await client.closed()
  })

  it('a publisher that goes on sending sees the answer, and the connection ends', async () => {
    const client = await connect(control.port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n')
    for (let sent = 0; sent < 20_000_000; sent += 1_000_000) client.send(Buffer.alloc(1_000_000))
    expectText(await client.response(), 413, 'Request body too large.\n')
    await client.closed()
    expect(control.bus.batches).toEqual([])
  })

  it('a chunked body is refused when it has become too large', async () => {
    const client = await connect(control.port)
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let i = 0; i < 11; i++) client.send(`186a0\r\n${' '.repeat(100_000)}\r\n`)
    expectText(await client.response(), 413, 'Request body too large.\n')
    client.send('0\r\n\r\n')
    await client.closed()
  })

  it('the answer does not overtake the answers that are due before it', async () => {
    control.bus.isHeld = true
    const client = await connect(control.port)
    client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')) }))
    client.send('POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n')
    await eventually('the publish', () => control.bus.batches.length === 1)
    control.bus.releaseBackwards()
    expect((await client.response()).status).toBe(200)
    expect((await client.response()).status).toBe(413)
    client.destroy()
  })
})

describe('Expect: 100-continue', () => {
  const EXPECTING = 'POST /publish HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n'

  it('a publisher that waits is asked to go on', async () => {
    const body = bodyOf(item('a'))
    const client = await connect(control.port)
    client.send(`${EXPECTING}Content-Length: ${body.length}\r\n\r\n`)
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.send(body)
    expectText(await client.response(), 200, 'Published\n')
    client.destroy()
  })

  it('a publisher that would send too much is not asked', async () => {
    const client = await connect(control.port)
    client.send(`${EXPECTING}Content-Length: 60000000\r\n\r\n`)
    const response = await client.response()
    expectText(response, 413, 'Request body too large.\n')
    expect(response.informational).toEqual([])
    await client.closed()
  })

  it('a publisher that is refused is not asked, and its connection ends', async () => {
    const client = await connect(control.port)
    client.send(`${EXPECTING.replace('/publish', '/nowhere')}Content-Length: 10\r\n\r\n`)
    const response = await client.response()
    expectText(response, 404, 'Not Found\n')
    expect(response.informational).toEqual([])
    await client.closed()
  })

  it('another expectation is ignored', async () => {
    expectText(await control.post(bodyOf(item('a')), { headers: { Expect: 'tea' } }), 200, 'Published\n')
  })
})
