import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { parseControlMessage } from '../../src/grip/controlMessage.ts'
import { findGripEntry, parseGripAcceptance } from '../../src/grip/gripExtension.ts'

/** Text of visible ASCII and spaces, as fields may have it. */
const fieldText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
})

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

describe('the acceptance of GRIP', () => {
  it('is read from any field without an error', () => {
    fc.assert(
      fc.property(fieldText, (value) => {
        const terms = parseGripAcceptance(['Sec-WebSocket-Extensions', value])
        if (terms !== undefined) expect(findGripEntry(['Sec-WebSocket-Extensions', value])).toBeDefined()
      }),
    )
  })

  it('gives back every prefix that can be quoted, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fieldText,
        fc.constantFrom('', 'foo, ', 'a="grip;,", '),
        fc.constantFrom('', ', bar', ';x=1'),
        (prefix, before, after) => {
          const value = `${before}grip; message-prefix=${quoted(prefix)}${after}`
          expect(parseGripAcceptance(['Sec-WebSocket-Extensions', value])?.messagePrefix.toString()).toBe(
            prefix,
          )
        },
      ),
    )
  })
})

/** JSON that resembles a control message more than chance would. */
const resembling = fc.dictionary(
  fc.constantFrom(
    'type',
    'channel',
    'filters',
    'prev-id',
    'name',
    'value',
    'content',
    'content-bin',
    'timeout',
    'mode',
    'message-type',
    'id',
  ),
  fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      'subscribe',
      'unsubscribe',
      'detach',
      'session',
      'set-meta',
      'keep-alive',
      'send-delayed',
      'flush-delayed',
      'ping',
    ),
  ),
)

describe('a control message', () => {
  it('of any bytes is read or refused with a code', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      resembling.map((json) => Buffer.from(JSON.stringify(json))),
    )
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          expect(parseControlMessage(input).type).toBeTypeOf('string')
        } catch (error) {
          expect(error).toBeInstanceOf(HoldfastError)
          expect((error as HoldfastError).code).toBe('CONTROL_MESSAGE_INVALID')
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('that waits or repeats does so after a second at the least and a day at the most', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('keep-alive', 'send-delayed'),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (type, timeout) => {
          const message = parseControlMessage(Buffer.from(JSON.stringify({ type, content: '', timeout })))
          const seconds =
            message.type === 'keep-alive'
              ? message.keepAlive?.timeoutSeconds
              : message.type === 'send-delayed' && message.timeoutSeconds
          expect(seconds).toBeGreaterThanOrEqual(1)
          expect(seconds).toBeLessThanOrEqual(86_400)
        },
      ),
    )
  })
})
