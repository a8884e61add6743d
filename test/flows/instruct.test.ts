import { expect, it } from 'vitest'
import type { HeaderList } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'

const flow = useFlow((origin) => [`* ${origin}`, `*,path_beg=/debug,debug ${origin}`])

const JSON_TYPE = { 'Content-Type': 'application/grip-instruct' }
const jsonAnswer = (instruct: unknown) => ({ headers: JSON_TYPE, body: JSON.stringify(instruct) })

/** Asserts that the client sees 502 and, in debug mode, this reason. */
async function expectRefused(answer: Parameters<typeof flow.answered>[0], detail: string): Promise<void> {
  const plain = await flow.answered(answer)
  expect([plain.status, plain.text]).toEqual([502, 'Error while proxying to origin.\n'])
  const debug = await flow.answered(answer, '/debug')
  const [fault, ...advice] = debug.text.trimEnd().split('\n')
  expect([debug.status, fault]).toEqual([502, `Failed to parse accept instructions: ${detail}`])
  // Pushpin does not say what would be right.
  expect(advice.length).toBeLessThanOrEqual(expected({ holdfast: 1, pushpin: 0 }))
}

describeFlows('instructions without a hold', () => {
  it('give the client the response without Grip headers', async () => {
    const headers: HeaderList = [
      ['Grip-Channel', 'any'],
      ['X-Kept', 'k'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ]
    const response = await flow.answered({ status: 201, reason: 'Made', headers, body: 'content' })
    expect([response.status, response.reason]).toEqual([201, 'Made'])
    expect(response.header('grip-channel')).toBeUndefined()
    expect(response.header('x-kept')).toBe('k')
    expect(response.all('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(response.header('content-length')).toBe('7')
    expect(response.text).toBe('content')
  })

  it.each([
    ['404', 404, 'Not Found'],
    ['404 Gone Fishing', 404, 'Gone Fishing'],
    ['299 Fine', 299, 'Fine'],
  ])('change the status with Grip-Status: %s', async (value, status, reason) => {
    const response = await flow.answered({ headers: { 'Grip-Status': value }, body: 'x' })
    expect([response.status, response.reason]).toEqual([status, reason])
  })

  it('let only exposed headers through, named in any case', async () => {
    const headers: HeaderList = [
      ['Grip-Expose-Headers', 'x-one, ETag'],
      ['Grip-Expose-Headers', 'X-Two'],
      ['X-One', '1'],
      ['X-Two', '2'],
      ['X-Three', '3'],
      ['ETag', '"v1"'],
    ]
    const response = await flow.answered({ headers, body: 'x' })
    const names = response.headers
      .map(([name]) => name.toLowerCase())
      .filter((name) => /^x-|^etag/.test(name))
    expect(names).toEqual(['x-one', 'x-two', 'etag'])
    expect(response.text).toBe('x')
  })
})

const longList = Array.from({ length: 6 }, (_, index) => `filter=f${index}`).join('; ')

describeFlows('instructions in headers are refused', () => {
  it.each([
    ['Grip-Hold', 'sideways', "Grip-Hold must be set to either 'response' or 'stream'"],
    ['Grip-Hold', 'Response', "Grip-Hold must be set to either 'response' or 'stream'"],
    ['Grip-Timeout', 'soon', 'failed to parse Grip-Timeout'],
    ['Grip-Timeout', '-1', 'Grip-Timeout has invalid value'],
    ['Grip-Status', '1000', 'Grip-Status contains invalid status code'],
    ['Grip-Status', 'fine', 'Grip-Status contains invalid status code'],
    ['Grip-Keep-Alive', 'x; mode=often', "no such Grip-Keep-Alive mode 'often'"],
    ['Grip-Keep-Alive', 'x; format=hex', "no such Grip-Keep-Alive format 'hex'"],
    ['Grip-Keep-Alive', 'x; timeout=soon', 'failed to parse Grip-Keep-Alive timeout value'],
    ['Grip-Keep-Alive', 'x; timeout=-1', 'Grip-Keep-Alive timeout has invalid value'],
    ['Grip-Keep-Alive', '; timeout=5', 'Grip-Keep-Alive cannot be empty'],
    ['Grip-Keep-Alive', '\\xZZ; format=cstring', 'failed to parse Grip-Keep-Alive cstring format'],
    ['Grip-Keep-Alive', 'x\\; format=cstring', 'failed to parse Grip-Keep-Alive cstring format'],
    ['Grip-Link', 'no-brackets; rel=next', 'failed to parse Grip-Link value'],
    ['Grip-Link', '<>; rel=next', 'failed to parse Grip-Link value'],
    ['Grip-Link', '</next>; rel=next; timeout=soon', 'failed to parse Grip-Link timeout value'],
    ['Grip-Link', '</next>; rel=next; timeout=-1', 'Grip-Link timeout has invalid value'],
  ])('%s: %s', async (name, value, detail) => {
    const headers: HeaderList = [
      ...(name === 'Grip-Hold' ? [] : [['Grip-Hold', 'stream'] as const]),
      [name, value],
    ]
    await expectRefused({ headers, body: 'not shown' }, detail)
  })

  holdfastOnly(it, 'since 1.41')('with more than five filters on a channel', async () => {
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': `many; ${longList}` }
    await expectRefused({ headers }, "too many filters for channel 'many'")
  })
})

describeFlows('instructions in headers', () => {
  it('take the first Grip-Hold', async () => {
    const channel = uniqueName('channel')
    const headers: HeaderList = [
      ['Grip-Hold', 'stream'],
      ['Grip-Hold', 'response'],
      ['Grip-Channel', channel],
    ]
    const stream = await flow.openStream(flow.origin.answer({ headers, body: 'open' }))
    expect(await stream.until('open')).toBe('open')
  })

  it('are known in any case of their names', async () => {
    const channel = uniqueName('channel')
    const headers: HeaderList = [
      ['grip-hold', 'stream'],
      ['GRIP-CHANNEL', channel],
    ]
    const stream = await flow.openStream(flow.origin.answer({ headers }))
    await flow.server.subscribed(channel)
    await flow.publish(streamItem(channel, 'news'))
    expect(await stream.until('news')).toBe('news')
    expect(stream.head.headers.filter(([name]) => /^grip-/i.test(name))).toEqual([])
  })

  it('split Grip-Channel at commas outside quotes and leave parameters out of the name', async () => {
    const [one, two] = [uniqueName('one'), uniqueName('two')]
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': `${one}; ignored="a, b" , ${two}` }
    const stream = await flow.openStream(flow.origin.answer({ headers }))
    await flow.server.subscribed(one)
    await flow.server.subscribed(two)
    await flow.publish(streamItem(one, 'for one, '), streamItem(two, 'for two'))
    expect(await stream.until('for two')).toBe('for one, for two')
  })

  it('may carry meta and links that this hold does not need', async () => {
    const channel = uniqueName('channel')
    const headers = {
      'Grip-Hold': 'response',
      'Grip-Channel': channel,
      'Grip-Set-Meta': 'user=alice, role="a, b"',
      'Grip-Last': 'any; last-id=1',
      'Grip-Unheard-Of': 'x',
    }
    const poll = await flow.longPoll(flow.origin.answer({ headers }))
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, 'news'))
    expect((await poll.answer()).text).toBe('news')
  })

  it('may hold with an empty Grip-Channel', async () => {
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': '' }
    const stream = await flow.openStream(flow.origin.answer({ headers, body: 'open' }))
    expect(await stream.until('open')).toBe('open')
  })
})

describeFlows('instructions in JSON', () => {
  it('hold a long poll, which is the default mode', async () => {
    const channel = uniqueName('channel')
    const path = flow.origin.answer(jsonAnswer({ hold: { channels: [{ name: channel }] } }))
    const poll = await flow.longPoll(path)
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, 'news'))
    const response = await poll.answer()
    expect(response.text).toBe('news')
    expect(response.header('content-type')).toBeUndefined()
  })

  it('hold a stream that starts with their response', async () => {
    const channel = uniqueName('channel')
    const instruct = {
      hold: { mode: 'stream', channels: [{ name: channel }], meta: { user: 'alice' }, timeout: 5 },
      response: {
        code: 202,
        reason: 'Listening',
        headers: [
          ['X-One', '1'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
        body: 'grüße\n',
      },
    }
    const { headers, body } = jsonAnswer(instruct)
    const path = flow.origin.answer({ headers: { ...headers, 'X-From-Origin': 'dropped' }, body })
    const stream = await flow.openStream(path)
    expect([stream.head.status, stream.head.reason]).toEqual([202, 'Listening'])
    expect(stream.head.header('x-one')).toBe('1')
    expect(stream.head.all('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(stream.head.header('x-from-origin')).toBeUndefined()
    expect(stream.head.header('content-type')).toBeUndefined()
    await flow.server.subscribed(channel)
    await flow.publish(streamItem(channel, 'news\n'))
    expect(await stream.until('news\n')).toBe('grüße\nnews\n')
  })

  it('take headers as an object and a binary body before text', async () => {
    const response = { headers: { 'X-Object': 'o' }, body: 'text', 'body-bin': 'AP8=' }
    const answer = await flow.answered(jsonAnswer({ response }))
    expect(answer.header('x-object')).toBe('o')
    expect([...answer.body]).toEqual([0, 255])
  })

  it.each([
    [{ code: 404 }, 404, 'Not Found'],
    [{ code: '404' }, 404, 'Not Found'],
    [{ code: 404, reason: 'Lost' }, 404, 'Lost'],
    [{ reason: 'All Good' }, 200, 'All Good'],
  ])('without a hold answer with the response %j', async (response, status, reason) => {
    const answer = await flow.answered(jsonAnswer({ response: { ...response, body: 'x' } }))
    expect([answer.status, answer.reason, answer.text]).toEqual([status, reason, 'x'])
  })

  it('may be followed by parameters of the media type', async () => {
    const headers = { 'Content-Type': 'application/grip-instruct; charset=utf-8' }
    const answer = await flow.answered({ headers, body: JSON.stringify({ response: { body: 'x' } }) })
    expect(answer.text).toBe('x')
  })

  it('add channels to those of the headers and override the mode', async () => {
    const [inHeader, inJson] = [uniqueName('header'), uniqueName('json')]
    const { body } = jsonAnswer({ hold: { mode: 'stream', channels: [{ name: inJson }] } })
    const headers = { ...JSON_TYPE, 'Grip-Hold': 'response', 'Grip-Channel': inHeader }
    const stream = await flow.openStream(flow.origin.answer({ headers, body }))
    await flow.server.subscribed(inHeader)
    await flow.server.subscribed(inJson)
    await flow.publish(streamItem(inHeader, 'header '), streamItem(inJson, 'json'))
    expect(await stream.until('json')).toBe('header json')
  })

  holdfastOnly(it, '1.36 fails with an empty body')('may be empty: 200 with an empty body', async () => {
    const answer = await flow.answered(jsonAnswer({}))
    expect([answer.status, answer.text]).toEqual([200, ''])
  })
})

const hold = (fields: unknown) => ({ hold: fields })
const channels = [{ name: 'any' }]
const response = (fields: unknown) => ({ response: fields })

describeFlows('instructions in JSON are refused', () => {
  it.each([
    [{ hold: 1 }, "instruct contains 'hold' with wrong type"],
    [{ hold: null }, "instruct contains 'hold' with wrong type"],
    [[], 'instruct must be an object'],
    [hold({ mode: 'sideways', channels }), "hold 'mode' must be set to either 'response' or 'stream'"],
    [hold({ mode: 1, channels }), "hold contains 'mode' with wrong type"],
    [hold({}), "hold does not contain 'channels'"],
    [hold({ channels: 'any' }), "hold contains 'channels' with wrong type"],
    [hold({ channels: ['any'] }), 'channel is not an object'],
    [hold({ channels: [{}] }), "channel does not contain 'name'"],
    [hold({ channels: [{ name: 1 }] }), "channel contains 'name' with wrong type"],
    [hold({ channels: [{ name: 'any', 'prev-id': 1 }] }), "channel contains 'prev-id' with wrong type"],
    [hold({ channels: [{ name: 'any', filters: 'f' }] }), "channel contains 'filters' with wrong type"],
    [hold({ channels: [{ name: 'any', filters: [1] }] }), 'filters contains value with wrong type'],
    [hold({ channels, timeout: {} }), "hold contains 'timeout' with wrong type"],
    [hold({ channels, timeout: -1 }), "hold contains 'timeout' with invalid value"],
    [hold({ channels, 'keep-alive': 1 }), "hold contains 'keep-alive' with wrong type"],
    [hold({ channels, 'keep-alive': { content: 1 } }), "keep-alive contains 'content' with wrong type"],
    [hold({ channels, 'keep-alive': { timeout: {} } }), "keep-alive contains 'timeout' with wrong type"],
    [hold({ channels, 'keep-alive': { timeout: -1 } }), "keep-alive contains 'timeout' with invalid value"],
    [hold({ channels, meta: 1 }), "hold contains 'meta' with wrong type"],
    [hold({ channels, meta: { user: 1 } }), "'meta' contains 'user' with wrong type"],
    [response({ code: {} }), "response contains 'code' with wrong type"],
    [response({ code: 1000 }), "response contains 'code' with invalid value"],
    [response({ code: -1 }), "response contains 'code' with invalid value"],
    [response({ headers: 1 }), "response contains 'headers' with wrong type"],
    [response({ headers: [1] }), 'headers contains element with wrong type'],
    [response({ headers: [['a']] }), 'headers contains list with wrong number of elements'],
    [response({ headers: [[1, 'b']] }), 'header contains name element with wrong type'],
    [response({ headers: [['a', 1]] }), 'header contains value element with wrong type'],
    [response({ headers: { a: 1 } }), "headers contains 'a' with wrong type"],
    [response({ body: 1 }), "response contains 'body' with wrong type"],
  ])('%j', async (instruct, detail) => {
    await expectRefused(jsonAnswer(instruct), detail)
  })

  it.each(['not JSON', '{', '"text"', '1', ''])('when they are no JSON object or list: %s', async (body) => {
    await expectRefused(
      { headers: JSON_TYPE, body },
      'failed to parse application/grip-instruct content as JSON',
    )
  })

  it('when the status is not 200', async () => {
    const answer = { ...jsonAnswer({ hold: { channels } }), status: 201 }
    await expectRefused(answer, 'response code for application/grip-instruct content must be 200')
  })

  it('when response is no object', async () => {
    const plain = await flow.answered(jsonAnswer({ response: 1 }), '/debug')
    expect(plain.status).toBe(502)
    expect(plain.text).toMatch(expected({ holdfast: /^Failed to parse accept instructions: /, pushpin: /./ }))
  })

  holdfastOnly(it, 'ODD-15')('with more than five filters on a channel', async () => {
    const filters = ['a', 'b', 'c', 'd', 'e', 'f']
    await expectRefused(
      jsonAnswer(hold({ mode: 'stream', channels: [{ name: 'many', filters }] })),
      "too many filters for channel 'many'",
    )
  })
})
