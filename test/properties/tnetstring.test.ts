import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { parsePublishItem } from '../../src/grip/publishItem.ts'
import { parsePullMessage, parseSubMessage } from '../../src/ingress/zeroMq/itemMessage.ts'
import { encodeTnetstring, parseTnetstring, type TnetInput } from '../../src/util/tnetstring.ts'

const { value: anyValue } = fc.letrec<{ value: TnetInput }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.uint8Array().map((array) => Buffer.from(array)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 4 }).map((map) => ({ ...map })),
  ),
}))

/** Bytes that look like tnetstrings more often than chance would have it. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  fc
    .array(fc.constantFrom(...'0123456789:,#^!~]}ab'), { maxLength: 60 })
    .map((chars) => Buffer.from(chars.join(''))),
  fc
    .tuple(anyValue, fc.nat(), fc.nat(255))
    .map(([value, at, byte]) => changed(encodeTnetstring(value), at, byte)),
  fc.tuple(anyValue, fc.nat()).map(([value, at]) => {
    const bytes = encodeTnetstring(value)
    return bytes.subarray(0, at % (bytes.length + 1))
  }),
)

function changed(bytes: Buffer, at: number, byte: number): Buffer {
  bytes[at % bytes.length] = byte
  return bytes
}

/** Answers whether it succeeds; an error without a code is passed on. */
function succeeds(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (error instanceof HoldfastError) return false
    throw error
  }
}

describe('tnetstrings', () => {
  it('are read as what was written', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(parseTnetstring(encodeTnetstring(value))).toEqual(value)
      }),
    )
  })

  it('cut off anywhere are refused', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, at) => {
        const bytes = encodeTnetstring(value)
        expect(succeeds(() => parseTnetstring(bytes.subarray(0, at % bytes.length)))).toBe(false)
      }),
    )
  })

  it('of any bytes are read or refused with a code', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        succeeds(() => parseTnetstring(bytes))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('ZeroMQ messages', () => {
  const mark = fc.constantFrom('', 'T', 'J')
  const part = fc.tuple(mark, anyBytes).map(([first, bytes]) => Buffer.concat([Buffer.from(first), bytes]))

  it('of any parts are items or refused with a code', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), (parts) => {
        succeeds(() => parsePullMessage(parts))
        succeeds(() => parseSubMessage(parts))
      }),
      { numRuns: 2000 },
    )
  })

  const formats = fc.record(
    {
      'http-response': fc.record({ body: fc.string(), code: fc.integer({ min: 200, max: 599 }) }),
      'http-stream': fc.record({ content: fc.string({ unit: 'grapheme' }) }),
      'ws-message': fc.record({ content: fc.string(), type: fc.constantFrom('text', 'binary') }),
    },
    { requiredKeys: ['http-stream'] },
  )
  const item = fc.record(
    {
      channel: fc.string({ minLength: 1 }),
      id: fc.string(),
      meta: fc.dictionary(fc.string(), fc.string()),
      formats,
    },
    { requiredKeys: ['channel', 'formats'] },
  )

  it('are the same items in each encoding', () => {
    fc.assert(
      fc.property(item, (value) => {
        const parsed = parsePublishItem(JSON.parse(JSON.stringify(value)))
        const tnetstring = encodeTnetstring(value as unknown as TnetInput)
        const json = Buffer.from(`J${JSON.stringify(value)}`)
        expect(parsePullMessage([tnetstring])).toEqual(parsed)
        expect(parsePullMessage([Buffer.concat([Buffer.from('T'), tnetstring])])).toEqual(parsed)
        expect(parsePullMessage([json])).toEqual(parsed)
        expect(parseSubMessage([Buffer.from('other'), json])).toEqual({ ...parsed, channel: 'other' })
      }),
    )
  })
})
