import { describe, expect, it } from 'vitest'
import { parseInstruct } from '../../../src/grip/instruct.ts'
import { faultOf, head, instruct, jsonInstruct } from '../support.ts'

const channels = [{ name: 'a' }]
const hold = (fields: object) => jsonInstruct({ hold: { channels, ...fields } })
const response = (fields: object) => jsonInstruct({ response: fields }).response

describe('application/grip-instruct', () => {
  it('carries a hold and a response', () => {
    const parsed = jsonInstruct({
      hold: {
        mode: 'stream',
        channels: [
          { name: 'café', 'prev-id': '1', filters: ['f1', 'f2'] },
          { name: 'b', other: 1 },
        ],
        timeout: 120,
        'keep-alive': { content: 'p\n', timeout: 10 },
        meta: { user: 'ann' },
      },
      response: { code: 202, reason: 'Fine', headers: { 'Content-Type': 'text/plain' }, body: 'hellö' },
      more: true,
    })
    expect(parsed).toEqual({
      holdMode: 'stream',
      channels: [
        { name: 'café', prevId: '1', filters: ['f1', 'f2'] },
        { name: 'b', prevId: undefined, filters: [] },
      ],
      timeoutSeconds: 120,
      keepAlive: { data: Buffer.from('p\n'), mode: 'idle', timeoutSeconds: 10 },
      meta: { user: 'ann' },
      nextLink: undefined,
      goneLink: undefined,
      response: {
        status: 202,
        reason: 'Fine',
        headers: ['Content-Type', 'text/plain'],
        body: Buffer.from('hellö'),
      },
    })
  })

  it('holds nothing without a hold', () => {
    expect(jsonInstruct({}).holdMode).toBe('none')
  })

  it('makes an empty 200 without a response, whatever the origin said', () => {
    const body = Buffer.from('{}')
    const parsed = parseInstruct(
      head(['Content-Type', 'APPLICATION/grip-instruct; a=b', 'X-A', '1'], 200, 'Fine'),
      body,
    )
    expect(parsed.response).toEqual({ status: 200, reason: 'Fine', headers: [], body: Buffer.alloc(0) })
  })

  it('is read after the headers, adds channels and meta, and overrides the rest', () => {
    const parsed = jsonInstruct(
      {
        hold: {
          channels: [{ name: 'b', 'prev-id': '2' }, { name: 'c' }],
          timeout: 30,
          'keep-alive': { timeout: 7 },
          meta: { x: '2', y: '3' },
        },
        response: { body: 'x' },
      },
      [
        ...[
          'Grip-Hold',
          'stream',
          'Grip-Channel',
          'a, b; prev-id=1',
          'Grip-Timeout',
          '20',
          'Grip-Status',
          '202',
        ],
        ...['Grip-Keep-Alive', 'ping; mode=interval; timeout=50', 'Grip-Set-Meta', 'w=0, x=1'],
        ...['Grip-Link', '</n>; rel=next'],
      ],
    )
    expect(parsed).toMatchObject({
      holdMode: 'response',
      channels: [{ name: 'a' }, { name: 'b', prevId: '2' }, { name: 'c' }],
      timeoutSeconds: 30,
      keepAlive: { data: Buffer.from('ping'), mode: 'interval', timeoutSeconds: 7 },
      meta: { w: '0', x: '2', y: '3' },
      nextLink: { url: '/n', timeoutSeconds: 120 },
      response: { status: 202, reason: 'Accepted' },
    })
  })

  it('leaves what the headers said alone when it has no hold', () => {
    const headers = ['Grip-Hold', 'stream', 'Grip-Channel', 'a', 'Grip-Keep-Alive', 'x', 'Grip-Timeout', '9']
    expect(jsonInstruct({}, headers)).toMatchObject({ ...instruct(headers), response: {} })
  })

  it('can begin with a byte order mark', () => {
    expect(jsonInstruct('\ufeff{"response": {"body": "x"}}').response.body.toString()).toBe('x')
  })

  it('needs a 200 from the origin', () => {
    const call = () =>
      parseInstruct(head(['Content-Type', 'application/grip-instruct'], 201), Buffer.from('{}'))
    expect(faultOf(call)).toBe(
      'INSTRUCT_INVALID: response code for application/grip-instruct content must be 200',
    )
  })

  it.each(['', '{', 'null', '1', '"x"', 'true', '{} x'])('is not JSON: %j', (body) => {
    expect(faultOf(() => jsonInstruct(body))).toBe(
      'INSTRUCT_INVALID: failed to parse application/grip-instruct content as JSON',
    )
  })

  it('is not JSON when it is not UTF-8', () => {
    const call = () =>
      parseInstruct(
        head(['Content-Type', 'application/grip-instruct']),
        Buffer.from('{"a":"\xe9"}', 'latin1'),
      )
    expect(faultOf(call)).toBe('INSTRUCT_INVALID: failed to parse application/grip-instruct content as JSON')
  })

  it.each([
    ['[]', 'instruct must be an object'],
    ['{"hold": []}', "instruct contains 'hold' with wrong type"],
    ['{"hold": null}', "instruct contains 'hold' with wrong type"],
    ['{"response": 1}', "instruct contains 'response' with wrong type"],
    ['{"hold": {}}', "hold does not contain 'channels'"],
  ])('cannot be %s', (body, text) => {
    expect(faultOf(() => jsonInstruct(body))).toBe(`INSTRUCT_INVALID: ${text}`)
  })
})

describe('hold', () => {
  it.each([
    [{ timeout: '30' }, 30],
    [{ timeout: 30.4 }, 30],
    [{ timeout: 0 }, 5],
    [{}, 55],
  ])('%j times out after %i seconds', (fields, seconds) => expect(hold(fields).timeoutSeconds).toBe(seconds))

  it('is a response hold by default', () => expect(hold({}).holdMode).toBe('response'))

  it('takes an empty prev-id for none, and the last of equal names', () => {
    const twice = [
      { name: 'a', 'prev-id': '1' },
      { name: 'a', 'prev-id': '' },
    ]
    expect(hold({ channels: twice }).channels).toEqual([{ name: 'a', prevId: undefined, filters: [] }])
  })

  it.each([
    [{}, { data: '', mode: 'idle', timeoutSeconds: 55 }],
    [
      { content: 'x', 'content-bin': 'eQ==', timeout: 0 },
      { data: 'y', mode: 'idle', timeoutSeconds: 1 },
    ],
    [
      { content: 'ü', mode: 'interval', timeout: '9' },
      { data: 'ü', mode: 'interval', timeoutSeconds: 9 },
    ],
  ])('has a keep-alive: %j', (fields, { data, ...rest }) => {
    expect(hold({ 'keep-alive': fields }).keepAlive).toEqual({ ...rest, data: Buffer.from(data) })
  })

  it.each([
    [{ mode: 'none' }, "hold 'mode' must be set to either 'response' or 'stream'"],
    [{ mode: '' }, "hold 'mode' must be set to either 'response' or 'stream'"],
    [{ mode: null }, "hold contains 'mode' with wrong type"],
    [{ channels: {} }, "hold contains 'channels' with wrong type"],
    [{ channels: ['a'] }, 'channel is not an object'],
    [{ channels: [{}] }, "channel does not contain 'name'"],
    [{ channels: [{ name: 1 }] }, "channel contains 'name' with wrong type"],
    [{ channels: [{ name: 'a', 'prev-id': 1 }] }, "channel contains 'prev-id' with wrong type"],
    [{ channels: [{ name: 'a', filters: 'f' }] }, "channel contains 'filters' with wrong type"],
    [{ channels: [{ name: 'a', filters: [1] }] }, 'filters contains value with wrong type'],
    [{ channels: [{ name: 'a', filters: Array(6).fill('f') }] }, "too many filters for channel 'a'"],
    [{ timeout: -1 }, "hold contains 'timeout' with invalid value"],
    [{ timeout: 'soon' }, "hold contains 'timeout' with invalid value"],
    [{ timeout: 1e12 }, "hold contains 'timeout' with invalid value"],
    [{ timeout: null }, "hold contains 'timeout' with wrong type"],
    [{ timeout: [] }, "hold contains 'timeout' with wrong type"],
    [{ timeout: true }, "hold contains 'timeout' with wrong type"],
    [{ 'keep-alive': 'x' }, "hold contains 'keep-alive' with wrong type"],
    [{ 'keep-alive': { content: 1 } }, "keep-alive contains 'content' with wrong type"],
    [{ 'keep-alive': { 'content-bin': 1 } }, "keep-alive contains 'content-bin' with wrong type"],
    [{ 'keep-alive': { timeout: {} } }, "keep-alive contains 'timeout' with wrong type"],
    [{ 'keep-alive': { timeout: -1 } }, "keep-alive contains 'timeout' with invalid value"],
    [{ 'keep-alive': { mode: 'x' } }, "keep-alive contains 'mode' with unknown value"],
    [{ meta: 'x' }, "hold contains 'meta' with wrong type"],
    [{ meta: { k: 1 } }, "'meta' contains 'k' with wrong type"],
  ])('cannot have %j', (fields, text) => {
    expect(faultOf(() => hold(fields))).toBe(`INSTRUCT_INVALID: ${text}`)
  })
})

describe('response', () => {
  it.each([
    [{}, 200, 'OK'],
    [{ code: 404 }, 404, 'Not Found'],
    [{ code: '404', reason: '' }, 404, 'Not Found'],
    [{ code: 599 }, 599, 'Undefined Reason'],
    [{ reason: 'Größe' }, 200, 'Gr\xc3\xb6\xc3\x9fe'],
  ])('%j has status %i %s', (fields, status, reason) => {
    expect(response(fields)).toMatchObject({ status, reason })
  })

  it('forgets the reason of Grip-Status when it has a code', () => {
    const parsed = jsonInstruct({ response: { code: 200 } }, ['Grip-Status', '404 Gone Away'])
    expect(parsed.response).toMatchObject({ status: 200, reason: 'OK' })
  })

  it.each([
    [{ 'X-A': '1', 'X-B': 'ü' }, ['X-A', '1', 'X-B', '\xc3\xbc']],
    [
      [
        ['Set-Cookie', 'a'],
        ['Set-Cookie', 'b'],
      ],
      ['Set-Cookie', 'a', 'Set-Cookie', 'b'],
    ],
    [{}, []],
    [
      { 'Grip-Hold': 'stream', 'Content-Length': '1', Connection: 'X-A', 'X-A': '1', 'X-B': '2' },
      ['X-B', '2'],
    ],
  ])('takes headers %j', (headers, expected) => expect(response({ headers }).headers).toEqual(expected))

  it.each([
    [{ body: 'ü' }, 'ü'],
    [{ 'body-bin': 'eA==', body: 'y' }, 'x'],
    [{ 'body-bin': '!!' }, ''],
  ])('takes the body of %j', (fields, body) => expect(response(fields).body.toString()).toBe(body))

  it.each([
    [{ code: null }, "response contains 'code' with wrong type"],
    [{ code: {} }, "response contains 'code' with wrong type"],
    [{ code: -1 }, "response contains 'code' with invalid value"],
    [{ code: 100 }, "response contains 'code' with invalid value"],
    [{ code: 1000 }, "response contains 'code' with invalid value"],
    [{ code: 200.5 }, "response contains 'code' with invalid value"],
    [{ code: 'x' }, "response contains 'code' with invalid value"],
    [{ reason: 1 }, "response contains 'reason' with wrong type"],
    [{ reason: 'a\r\nb' }, "response contains 'reason' with invalid value"],
    [{ headers: 'x' }, "response contains 'headers' with wrong type"],
    [{ headers: null }, "response contains 'headers' with wrong type"],
    [{ headers: ['x'] }, 'headers contains element with wrong type'],
    [{ headers: [['x']] }, 'headers contains list with wrong number of elements'],
    [{ headers: [[1, 'x']] }, 'header contains name element with wrong type'],
    [{ headers: [['x', 1]] }, 'header contains value element with wrong type'],
    [{ headers: { x: 1 } }, "headers contains 'x' with wrong type"],
    [{ headers: { 'a b': 'x' } }, "headers contains 'a b' which is not a header name"],
    [{ headers: { 'a\n': 'x' } }, "headers contains 'a\\x0a' which is not a header name"],
    [{ headers: { a: 'x\r\ny' } }, "headers contains 'a' with control characters in its value"],
    [{ headers: { a: 'x\0' } }, "headers contains 'a' with control characters in its value"],
    [{ body: 1 }, "response contains 'body' with wrong type"],
    [{ 'body-bin': 1 }, "response contains 'body-bin' with wrong type"],
  ])('cannot have %j', (fields, text) => {
    expect(faultOf(() => response(fields))).toBe(`INSTRUCT_INVALID: ${text}`)
  })
})
