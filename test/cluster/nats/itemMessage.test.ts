import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeItemMessage, parseItemMessage } from '../../../src/cluster/nats/itemMessage.ts'
import { HoldfastError } from '../../../src/errors.ts'
import { streamItem } from '../../support/items.ts'

const message = {
  from: '0123456789abcdef',
  number: 2 ** 40 + 7,
  isCounted: true,
  item: streamItem('channel', 'content'),
}

describe('an item between nodes', () => {
  it('begins with the version, flags, sender and number', () => {
    expect(encodeItemMessage(message).toString('hex', 0, 16)).toBe('01010123456789abcdef010000000007')
  })

  it('is read as it was written', () => {
    expect(parseItemMessage(encodeItemMessage(message))).toEqual(message)
  })

  it('of another version, or cut off, or of random bytes is refused with a code', () => {
    const bytes = encodeItemMessage(message)
    const cut = fc.integer({ min: 0, max: bytes.length - 1 }).map((end) => bytes.subarray(0, end))
    const random = fc.uint8Array({ maxLength: 64 })
    const tail = random.map((content) => Buffer.concat([bytes.subarray(0, 16), content]))
    fc.assert(
      fc.property(fc.oneof(cut, random, tail), (content) => {
        try {
          parseItemMessage(content)
        } catch (error) {
          expect(error).toBeInstanceOf(HoldfastError)
        }
      }),
    )
    expect(() => parseItemMessage(Buffer.from([2, ...bytes.subarray(1)]))).toThrow('unknown version 2')
  })
})
