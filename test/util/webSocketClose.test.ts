import { describe, expect, it } from 'vitest'
import { encodeCloseContent, isSendableCloseCode } from '../../src/util/webSocketClose.ts'

describe('a code in a Close frame', () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    'is sent as it is: %d',
    (code) => {
      expect(isSendableCloseCode(code)).toBe(true)
      expect(encodeCloseContent(code, '').readUInt16BE(0)).toBe(code)
    },
  )

  it.each([
    -1,
    0,
    1,
    999,
    1004,
    1005,
    1006,
    1015,
    1016,
    2999,
    5000,
    65_535,
    65_536 + 1000,
    1000.5,
    Number.NaN,
  ])('is sent as 1000 where it must not stand in a frame: %d', (code) => {
    expect(encodeCloseContent(code, 'why').toString('latin1')).toBe('\x03\xe8why')
  })

  it('that is not given leaves the frame empty, whatever the reason', () => {
    expect(encodeCloseContent(undefined, 'why')).toHaveLength(0)
  })
})

describe('a reason in a Close frame', () => {
  it.each([
    ['of 123 bytes is sent whole', 'x'.repeat(123), 'x'.repeat(123)],
    ['that is longer is cut', 'x'.repeat(124), 'x'.repeat(123)],
    ['is cut before a character that does not fit', `${'x'.repeat(120)}\u{1f600}`, 'x'.repeat(120)],
    [
      'is cut after a character that just fits',
      `${'x'.repeat(119)}\u{1f600}y`,
      `${'x'.repeat(119)}\u{1f600}`,
    ],
  ])('%s', (_, reason, sent) => {
    expect(encodeCloseContent(1000, reason).subarray(2).toString()).toBe(sent)
  })
})
