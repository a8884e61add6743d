import { describe, expect, it } from 'vitest'
import { parsePublishItem } from '../../src/grip/publishItem.ts'
import { faultOf } from './support.ts'

const stream = { 'http-stream': { content: 'x' } }
const item = (fields: object) => parsePublishItem({ channel: 'c', formats: stream, ...fields })
const fault = (fields: object) => faultOf(() => item(fields))
const response = (fields: object) =>
  item({ formats: { 'http-response': { body: '', ...fields } } }).httpResponse
const message = (fields: object) => item({ formats: { 'ws-message': fields } }).webSocketMessage

describe('a published item', () => {
  it('has every field with its default', () => {
    expect(item({})).toEqual({
      channel: 'c',
      id: undefined,
      prevId: undefined,
      meta: undefined,
      size: undefined,
      noSeq: false,
      action: undefined,
      httpResponse: undefined,
      httpStream: { action: 'send', content: Buffer.from('x'), contentFilters: undefined },
      webSocketMessage: undefined,
    })
  })

  it('takes every field, and ignores those it does not know', () => {
    const fields = {
      id: '2',
      'prev-id': '1',
      meta: { sender: 'ü' },
      size: 7,
      'no-seq': true,
      route: 1,
      code: {},
    }
    expect(item(fields)).toMatchObject({
      id: '2',
      prevId: '1',
      meta: { sender: 'ü' },
      size: 7,
      noSeq: true,
    })
  })

  it('takes an empty id, prev-id or meta for none, and an empty channel for a channel', () => {
    expect(item({ channel: '', id: '', 'prev-id': '', meta: {} })).toMatchObject({
      channel: '',
      id: undefined,
      prevId: undefined,
      meta: undefined,
    })
  })

  it('takes sizes as strings', () => expect(item({ size: '12' }).size).toBe(12))

  it('can have formats beside the channel', () => {
    const legacy = { channel: 'c', 'http-stream': { content: 'a' }, 'ws-message': { action: 'close' } }
    expect(parsePublishItem(legacy)).toMatchObject({
      httpResponse: undefined,
      httpStream: { action: 'send', content: Buffer.from('a') },
      webSocketMessage: { action: 'close' },
    })
  })

  it('has only the formats in `formats` when there is such a field', () => {
    const parsed = item({ formats: { 'ws-message': { content: 'a' } }, 'http-stream': 'ignored' })
    expect([parsed.httpStream, parsed.webSocketMessage?.action]).toEqual([undefined, 'send'])
  })

  it('may have unknown formats only', () => {
    expect(item({ formats: { 'carrier-pigeon': 1 } })).toMatchObject({
      action: undefined,
      httpResponse: undefined,
      httpStream: undefined,
      webSocketMessage: undefined,
    })
  })

  it.each([null, 1, 'x', [], undefined])('cannot be %j', (value) => {
    expect(faultOf(() => parsePublishItem(value))).toBe('ITEM_INVALID: publish item object is not an object')
  })

  it.each([
    [{ channel: undefined }, "publish item object does not contain 'channel'"],
    [{ channel: 1 }, "publish item object contains 'channel' with wrong type"],
    [{ id: 1 }, "publish item object contains 'id' with wrong type"],
    [{ id: null }, "publish item object contains 'id' with wrong type"],
    [{ 'prev-id': 1 }, "publish item object contains 'prev-id' with wrong type"],
    [{ formats: [] }, "publish item object contains 'formats' with wrong type"],
    [{ formats: null }, "publish item object contains 'formats' with wrong type"],
    [{ formats: {} }, 'no formats specified'],
    [{ formats: { 'http-response': 1 } }, "'http-response' is not an object"],
    [{ formats: { 'http-stream': null } }, "'http-stream' is not an object"],
    [{ formats: { 'ws-message': [] } }, "'ws-message' is not an object"],
    [{ meta: 'x' }, "publish item object contains 'meta' with wrong type"],
    [{ meta: { k: 1 } }, "'meta' contains 'k' with wrong type"],
    [{ size: [] }, "publish item object contains 'size' with wrong type"],
    [{ size: null }, "publish item object contains 'size' with wrong type"],
    [{ size: -1 }, "publish item object contains 'size' with invalid value"],
    [{ size: 'big' }, "publish item object contains 'size' with invalid value"],
    [{ 'no-seq': 1 }, "publish item object contains 'no-seq' with wrong type"],
  ])('cannot have %j', (fields, text) => expect(fault(fields)).toBe(`ITEM_INVALID: ${text}`))

  it('needs a channel of its own', () => {
    const text = "ITEM_INVALID: publish item object does not contain 'channel'"
    expect(faultOf(() => parsePublishItem({ formats: stream }))).toBe(text)
    expect(faultOf(() => parsePublishItem(Object.create({ channel: 'inherited' })))).toBe(text)
  })
})

describe('the action of an item', () => {
  const action = (fields: object) => parsePublishItem({ channel: 'c', ...fields }).action

  it.each(['hint', 'close', 'refresh'])('can be %s without formats', (name) => {
    expect(action({ action: name })).toBe(name)
    expect(action({ action: name, formats: {} })).toBe(name)
  })

  it('is ignored beside formats', () => {
    expect(action({ action: 'close', formats: stream })).toBeUndefined()
    expect(action({ action: 1, ...stream })).toBeUndefined()
    expect(action({ action: 'nonsense', formats: { other: 1 } })).toBeUndefined()
  })

  it.each([
    [{}, 'no formats specified'],
    [{ action: 'send' }, 'no formats specified'],
    [{ action: 'kick' }, "publish item object contains 'action' with unknown value"],
    [{ action: '' }, "publish item object contains 'action' with unknown value"],
    [{ action: 1 }, "publish item object contains 'action' with wrong type"],
  ])('cannot come from %j', (fields, text) =>
    expect(faultOf(() => action(fields))).toBe(`ITEM_INVALID: ${text}`),
  )
})

describe.each(['http-response', 'http-stream', 'ws-message'])('the action of %s', (name) => {
  const format = (fields: object) => item({ formats: { [name]: fields } })
  const parsed = ({ httpResponse, httpStream, webSocketMessage }: ReturnType<typeof format>) =>
    httpResponse ?? httpStream ?? webSocketMessage

  it('is send by default', () => {
    expect(parsed(format({ content: '', body: '' }))?.action).toBe('send')
    expect(parsed(format({ content: '', body: '', action: 'send' }))?.action).toBe('send')
  })

  it.each(['hint', 'refresh'])('can be %s, with no other field looked at', (action) => {
    const junk = { content: 1, body: 1, code: {}, headers: 1, reason: 1, type: 1, 'content-filters': 1 }
    expect(parsed(format({ action, ...junk }))).toEqual({ action })
  })

  it('can be close', () => expect(parsed(format({ action: 'close', content: 1 }))?.action).toBe('close'))

  it('cannot be anything else', () => {
    expect(faultOf(() => format({ action: 'other' }))).toBe(
      `ITEM_INVALID: '${name}' contains 'action' with unknown value`,
    )
    expect(faultOf(() => format({ action: '' }))).toBe(
      `ITEM_INVALID: '${name}' contains 'action' with unknown value`,
    )
    expect(faultOf(() => format({ action: 1 }))).toBe(
      `ITEM_INVALID: '${name}' contains 'action' with wrong type`,
    )
  })

  it('has content filters', () => {
    const sent = { content: '', body: '', 'content-filters': ['a', 'b'] }
    expect(parsed(format(sent))).toMatchObject({ contentFilters: ['a', 'b'] })
    expect(faultOf(() => format({ ...sent, 'content-filters': 'a' }))).toBe(
      `ITEM_INVALID: '${name}' contains 'content-filters' with wrong type`,
    )
    expect(faultOf(() => format({ ...sent, 'content-filters': ['a', 1] }))).toBe(
      'ITEM_INVALID: content-filters contains element with wrong type',
    )
  })
})

describe('http-response', () => {
  it('is 200 OK without headers by default', () => {
    expect(response({ body: 'hellö' })).toEqual({
      action: 'send',
      code: 200,
      reason: 'OK',
      headers: [],
      body: { bytes: Buffer.from('hellö') },
      contentFilters: undefined,
    })
  })

  it.each([
    [{ code: 404 }, 404, 'Not Found'],
    [{ code: '404' }, 404, 'Not Found'],
    [{ code: 418 }, 418, 'Undefined Reason'],
    [{ code: 201, reason: 'Größe' }, 201, 'Gr\xc3\xb6\xc3\x9fe'],
    [{ code: 201, reason: '' }, 201, 'Created'],
  ])('%j has status %i %s', (fields, code, reason) =>
    expect(response(fields)).toMatchObject({ code, reason }),
  )

  it.each([
    [{ 'X-A': '1', 'x-b': 'ü' }, ['X-A', '1', 'x-b', '\xc3\xbc']],
    [
      [
        ['A', '1'],
        ['A', '2'],
      ],
      ['A', '1', 'A', '2'],
    ],
    [{ 'Grip-Expose-Headers': 'X-A' }, ['Grip-Expose-Headers', 'X-A']],
    [
      { 'content-length': '3', 'Transfer-Encoding': 'chunked', Connection: 'close, x', X: '1', Y: '2' },
      ['Y', '2'],
    ],
  ])('takes headers %j', (headers, expected) =>
    expect(response({ headers })).toMatchObject({ headers: expected }),
  )

  it.each([
    [{ 'body-bin': 'AP8=', body: 'x', 'body-patch': [] }, { bytes: Buffer.from([0, 255]) }],
    [{ 'body-bin': '!!' }, { bytes: Buffer.alloc(0) }],
    [{ body: '', 'body-patch': [] }, { bytes: Buffer.alloc(0) }],
  ])('takes the body of %j', (fields, body) => expect(response(fields)).toMatchObject({ body }))

  it('takes a patch', () => {
    const patch = [{ op: 'add', path: '/a', value: 1 }]
    expect(item({ formats: { 'http-response': { 'body-patch': patch } } }).httpResponse).toMatchObject({
      body: { patch },
    })
  })

  it.each([
    [{ code: null }, "'http-response' contains 'code' with wrong type"],
    [{ code: true }, "'http-response' contains 'code' with wrong type"],
    [{ code: 1000 }, "'http-response' contains 'code' with invalid value"],
    [{ code: -1 }, "'http-response' contains 'code' with invalid value"],
    [{ code: 0 }, "'http-response' contains 'code' with invalid value"],
    [{ code: 101 }, "'http-response' contains 'code' with invalid value"],
    [{ code: 200.5 }, "'http-response' contains 'code' with invalid value"],
    [{ code: 'ok' }, "'http-response' contains 'code' with invalid value"],
    [{ reason: 1 }, "'http-response' contains 'reason' with wrong type"],
    [{ reason: 'a\r\nX: y' }, "'http-response' contains 'reason' with invalid value"],
    [{ reason: 'a\0' }, "'http-response' contains 'reason' with invalid value"],
    [{ headers: 1 }, "'http-response' contains 'headers' with wrong type"],
    [{ headers: ['x'] }, 'headers contains element with wrong type'],
    [{ headers: [['x', 'y', 'z']] }, 'headers contains list with wrong number of elements'],
    [{ headers: [[1, 'x']] }, 'header contains name element with wrong type'],
    [{ headers: [['x', null]] }, 'header contains value element with wrong type'],
    [{ headers: { X: 1 } }, "headers contains 'X' with wrong type"],
    [{ headers: { '': 'x' } }, "headers contains '' which is not a header name"],
    [{ headers: [['X\r\nY', 'x']] }, "headers contains 'X\\x0d\\x0aY' which is not a header name"],
    [{ headers: { X: 'a\nb' } }, "headers contains 'X' with control characters in its value"],
    [{ headers: { X: '\x7f' } }, "headers contains 'X' with control characters in its value"],
    [{ body: 1 }, "'http-response' contains 'body' with wrong type"],
    [{ 'body-bin': 1 }, "'http-response' contains 'body-bin' with wrong type"],
  ])('cannot have %j', (fields, text) =>
    expect(faultOf(() => response(fields))).toBe(`ITEM_INVALID: ${text}`),
  )

  it.each([
    [{}, "'http-response' does not contain 'body', 'body-bin', or 'body-patch'"],
    [{ 'body-patch': {} }, "'http-response' contains 'body-patch' with wrong type"],
  ])('needs a body: %j', (fields, text) => {
    expect(fault({ formats: { 'http-response': fields } })).toBe(`ITEM_INVALID: ${text}`)
  })
})

describe('http-stream', () => {
  const content = (fields: object) => {
    const format = item({ formats: { 'http-stream': fields } }).httpStream
    return format?.action === 'send' ? format.content : undefined
  }

  it.each([
    [{ content: 'ü\n' }, Buffer.from('ü\n')],
    [{ content: '' }, Buffer.alloc(0)],
    [{ 'content-bin': 'AP8', content: 1 }, Buffer.from([0, 255])],
  ])('takes %j', (fields, bytes) => expect(content(fields)).toEqual(bytes))

  it.each([
    [{}, "'http-stream' does not contain 'content' or 'content-bin'"],
    [{ content: 1 }, "'http-stream' contains 'content' with wrong type"],
    [{ content: null }, "'http-stream' contains 'content' with wrong type"],
    [{ 'content-bin': 1, content: '' }, "'http-stream' contains 'content-bin' with wrong type"],
  ])('cannot be %j', (fields, text) => expect(faultOf(() => content(fields))).toBe(`ITEM_INVALID: ${text}`))
})

describe('ws-message', () => {
  it.each([
    [{ content: 'ü' }, 'text', Buffer.from('ü')],
    [{ 'content-bin': 'AP8=', content: 'x' }, 'binary', Buffer.from([0, 255])],
    [{ 'content-bin': 'eA==', type: 'text' }, 'text', Buffer.from('x')],
    [{ content: 'x', type: 'binary' }, 'binary', Buffer.from('x')],
    [{ type: 'ping' }, 'ping', Buffer.alloc(0)],
    [{ type: 'pong', content: 'x' }, 'pong', Buffer.from('x')],
  ])('%j is %s', (fields, type, content) =>
    expect(message(fields)).toMatchObject({ action: 'send', type, content }),
  )

  it.each([
    [{}, undefined, ''],
    [{ code: 0 }, 0, ''],
    [{ code: 4000, reason: 'bye ü' }, 4000, 'bye ü'],
    [{ code: '1001' }, 1001, ''],
  ])('closes with %j', (fields, code, reason) => {
    expect(message({ action: 'close', ...fields })).toEqual({ action: 'close', code, reason })
  })

  it.each([
    [{}, "'ws-message' does not contain 'content' or 'content-bin'"],
    [{ type: 'text' }, "'ws-message' does not contain 'content' or 'content-bin'"],
    [{ type: 'other' }, "'ws-message' contains 'type' with unknown value"],
    [{ type: 1 }, "'ws-message' contains 'type' with wrong type"],
    [{ content: 1 }, "'ws-message' contains 'content' with wrong type"],
    [{ 'content-bin': 1 }, "'ws-message' contains 'content-bin' with wrong type"],
    [{ action: 'close', code: -1 }, "'ws-message' contains 'code' with invalid value"],
    [{ action: 'close', code: [] }, "'ws-message' contains 'code' with wrong type"],
    [{ action: 'close', reason: 1 }, "'ws-message' contains 'reason' with wrong type"],
  ])('cannot be %j', (fields, text) => expect(faultOf(() => message(fields))).toBe(`ITEM_INVALID: ${text}`))
})

describe('items of GRIP libraries', () => {
  it('are understood as @fanoutio/grip sends them', async () => {
    const { HttpResponseFormat, HttpStreamFormat, Item, WebSocketMessageFormat } = await import(
      '@fanoutio/grip'
    )
    const bytes = new Uint8Array([0, 255])
    const sent = new Item(
      [
        new HttpResponseFormat({ code: '201', reason: 'Made', headers: { 'X-A': '1' }, body: 'b' }),
        new HttpStreamFormat(bytes),
        new WebSocketMessageFormat(null, true, 4001),
      ],
      '2',
      '1',
    )
    expect(parsePublishItem({ channel: 'c', ...sent.export() })).toMatchObject({
      id: '2',
      prevId: '1',
      httpResponse: { code: 201, reason: 'Made', headers: ['X-A', '1'], body: { bytes: Buffer.from('b') } },
      httpStream: { content: Buffer.from(bytes) },
      webSocketMessage: { action: 'close', code: 4001, reason: '' },
    })
    const closing = new Item(new HttpStreamFormat(null, true))
    expect(parsePublishItem({ channel: 'c', ...closing.export() }).httpStream).toEqual({ action: 'close' })
  })
})
