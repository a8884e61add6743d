import { expect, it } from 'vitest'
import { encodeChunk, LAST_CHUNK } from '../../src/util/framing.ts'

it.each([
  [['a'], '1\r\na\r\n'],
  [['0123456789', 'abcdef'], '10\r\n0123456789abcdef\r\n'],
  [['', 'x', ''], '1\r\nx\r\n'],
  [[], ''],
  [['', ''], ''],
])('%j is framed as one chunk, and nothing as no chunk', (parts, wire) => {
  expect(encodeChunk(parts.map((part) => Buffer.from(part))).toString()).toBe(wire)
})

it('a chunk can have any bytes', () => {
  const bytes = Buffer.from([0, 13, 10, 255, 48])
  expect(encodeChunk([bytes])).toEqual(Buffer.concat([Buffer.from('5\r\n'), bytes, Buffer.from('\r\n')]))
})

it('the last chunk has no trailers', () => {
  expect(LAST_CHUNK.toString()).toBe('0\r\n\r\n')
})
