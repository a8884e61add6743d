import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { type DecodedEvent, decodeEvents, EventDecoder } from '../../src/grip/webSocketEvents/eventDecoder.ts'
import {
  bareEvent,
  encodeEvents,
  readCloseContent,
  type WebSocketEvent,
  type WebSocketEventType,
} from '../../src/grip/webSocketEvents.ts'

const event = (type: WebSocketEventType, content = ''): WebSocketEvent => ({
  type,
  content: Buffer.from(content, 'latin1'),
})
const encoded = (...events: WebSocketEvent[]): string => encodeEvents(events).toString('latin1')
const shown = (events: readonly DecodedEvent[]): string[] =>
  events.map(({ type, content }) => (content.length === 0 ? type : `${type} ${content.toString('latin1')}`))
const decoded = (body: string): string[] => shown(decodeEvents(Buffer.from(body, 'latin1')))

describe('events to an origin', () => {
  it.each([
    [[bareEvent('OPEN')], 'OPEN\r\n'],
    [[event('TEXT', 'hello')], 'TEXT 5\r\nhello\r\n'],
    [[event('BINARY', '[foo][hello')], 'BINARY b\r\n[foo][hello\r\n'],
    [[event('TEXT', 'x'.repeat(0x1ab))], `TEXT 1ab\r\n${'x'.repeat(0x1ab)}\r\n`],
    [[event('TEXT'), event('PING'), event('PONG')], 'TEXT\r\nPING\r\nPONG\r\n'],
    [[event('PING', 'p'), bareEvent('CLOSE')], 'PING 1\r\np\r\nCLOSE\r\n'],
    [[event('CLOSE', '\x03\xe8')], 'CLOSE 2\r\n\x03\xe8\r\n'],
    [[event('CLOSE', '\x0f\xa1b\xc3\xa9')], 'CLOSE 5\r\n\x0f\xa1b\xc3\xa9\r\n'],
    [[bareEvent('DISCONNECT')], 'DISCONNECT\r\n'],
    [[], ''],
  ])('are encoded: %#', (events, body) => expect(encoded(...events)).toBe(body))
})

describe('events of an origin', () => {
  it.each([
    ['', []],
    ['OPEN\r\nTEXT 9\r\nm:welcome\r\n', ['OPEN', 'TEXT m:welcome']],
    ['TEXT D\r\nm:{"ok":true}\r\nPONG\r\n', ['TEXT m:{"ok":true}', 'PONG']],
    ['TEXT 0x2\r\nab\r\nTEXT 0X2\r\ncd\r\nTEXT 0002\r\nef\r\n', ['TEXT ab', 'TEXT cd', 'TEXT ef']],
    ['TEXT  +2\r\nab\r\n', ['TEXT ab']],
    ['TEXT 0\r\n\r\nPING\r\n', ['TEXT', 'PING']],
    ['BINARY 4\r\n\r\n\r\n\r\n', ['BINARY \r\n\r\n']],
  ])('are decoded: %j', (body, events) => expect(decoded(body)).toEqual(events))

  it.each([
    ['cut off content', 'TEXT 9\r\nabc', ['TEXT abc']],
    ['content that never comes', 'TEXT 9\r\n', ['TEXT']],
    ['no line end after the last content', 'TEXT 3\r\nabc', ['TEXT abc']],
    ['half a line end', 'TEXT 3\r\nabc\r', ['TEXT abc']],
    ['other bytes for a line end', 'TEXT 3\r\nabcxyTEXT\r\n', ['TEXT abc', 'TEXT']],
    ['unknown types', 'NOISE 3\r\nabc\r\ntext\r\n\r\nTEXT\r\n', ['UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'TEXT']],
    ['content where none belongs', 'OPEN 2\r\nab\r\nDISCONNECT 1\r\na\r\n', ['OPEN', 'DISCONNECT']],
  ])('may have %s', (_what, body, events) => expect(decoded(body)).toEqual(events))

  it.each([
    ['OPEN', 'the body ends within an event line'],
    ['OPEN\n', 'the body ends within an event line'],
    ['OPEN\r\nTEXT 3\r\nabc\r\nT', 'the body ends within an event line'],
    ['TEXT \r\n', "event line 'TEXT ' has no valid size"],
    ['TEXT 0x\r\n', "event line 'TEXT 0x' has no valid size"],
    ['TEXT 1g\r\n', "event line 'TEXT 1g' has no valid size"],
    ['TEXT 1 \r\n', "event line 'TEXT 1 ' has no valid size"],
    ['TEXT -1\r\n', "event line 'TEXT -1' has no valid size"],
    ['TEXT 80000000\r\n', "event line 'TEXT 80000000' has no valid size"],
    [`TEXT ${'f'.repeat(300)}\r\n`, `event line 'TEXT ${'f'.repeat(195)}...' has no valid size`],
    ['x'.repeat(1025), 'an event line is longer than 1024 bytes'],
  ])('are refused: %#', (body, message) => {
    expect(() => decoded(body)).toThrow(new HoldfastError('SOCKET_EVENTS_INVALID', message))
  })

  it.each([
    ['', { code: undefined, reason: '' }],
    ['\x03', { code: undefined, reason: '' }],
    ['\x03\xe8', { code: 1000, reason: '' }],
    ['\0\0', { code: 0, reason: '' }],
    ['\x0f\xa1bye', { code: 4001, reason: 'bye' }],
  ])('close with %j', (content, close) => {
    expect(readCloseContent(Buffer.from(content, 'latin1'))).toEqual(close)
  })
})

const anyEvent = fc
  .tuple(
    fc.constantFrom<WebSocketEventType[]>('OPEN', 'TEXT', 'BINARY', 'PING', 'PONG', 'CLOSE', 'DISCONNECT'),
    fc.uint8Array({ maxLength: 300 }),
  )
  .map(([type, content]) =>
    type === 'OPEN' || type === 'DISCONNECT' ? bareEvent(type) : { type, content: Buffer.from(content) },
  )

/** Decodes a body that arrives in pieces of these sizes. */
function decodePieces(body: Buffer, sizes: readonly number[]): DecodedEvent[] {
  const decoder = new EventDecoder()
  const events: DecodedEvent[] = []
  let position = 0
  for (const size of sizes) {
    events.push(...decoder.push(body.subarray(position, position + size)))
    position += size
  }
  events.push(...decoder.push(body.subarray(position)), ...decoder.end())
  return events
}

const sizes = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 })

test('events come back as they were encoded, however the body is split', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), sizes, (events, pieces) => {
      expect(decodePieces(encodeEvents(events), pieces)).toEqual(events)
    }),
  )
})

const piece = fc.oneof(
  fc.constantFrom(
    'OPEN',
    'TEXT',
    'CLOSE',
    'noise',
    ' ',
    '\r\n',
    '\r',
    '\n',
    '0x',
    '+',
    '-1',
    '3',
    'ff',
    'abc',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)

test('any bytes, split anywhere, are the same events or the same coded error', () => {
  const outcome = (decode: () => DecodedEvent[]): string[] => {
    try {
      return shown(decode())
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      return [error.code]
    }
  }
  let taken = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), sizes, (pieces, splits) => {
      const body = Buffer.from(pieces.join(''), 'latin1')
      const whole = outcome(() => decodeEvents(body))
      if (whole[0] !== 'SOCKET_EVENTS_INVALID') taken++
      expect(outcome(() => decodePieces(body, splits))).toEqual(whole)
    }),
    { numRuns: 2000 },
  )
  expect(taken).toBeGreaterThan(50)
})
