import { describe, expect, it } from 'vitest'
import {
  filterHeaders,
  getAllHeaders,
  getHeader,
  headerTokens,
  isHeaderName,
  mediaType,
  replaceHeader,
} from '../../src/util/headers.ts'

const HEADERS = ['X-A', '1', 'x-b', '2', 'x-a', '3', 'X-AB', '4'] as const

describe('a look-up', () => {
  it('ignores case and takes the first field', () => {
    expect(getHeader(HEADERS, 'x-a')).toBe('1')
    expect(getHeader(HEADERS, 'x-ab')).toBe('4')
    expect(getHeader(HEADERS, 'x-c')).toBeUndefined()
  })

  it('looks at names and not at values', () => {
    expect(getHeader(['a', 'x-c', 'b', 'c'], 'x-c')).toBeUndefined()
    expect(getAllHeaders(['a', 'b', 'b', 'a'], 'a')).toEqual(['b'])
  })

  it('of all fields keeps their order', () => {
    expect(getAllHeaders(HEADERS, 'x-a')).toEqual(['1', '3'])
    expect(getAllHeaders([], 'x-a')).toEqual([])
  })

  it('takes a name whole', () => {
    expect(isHeaderName('X-K', 'x-k')).toBe(true)
    expect(isHeaderName('x-kk', 'x-k')).toBe(false)
  })
})

describe('changed headers', () => {
  it('keep the spelling and the order of what stays', () => {
    expect(filterHeaders(HEADERS, (name) => name !== 'x-a')).toEqual(['x-b', '2', 'X-AB', '4'])
  })

  it('have a replaced field once, at the end', () => {
    expect(replaceHeader(HEADERS, 'X-a', '5')).toEqual(['x-b', '2', 'X-AB', '4', 'X-a', '5'])
    expect(replaceHeader([], 'A', '')).toEqual(['A', ''])
  })
})

describe('a media type', () => {
  it.each([
    ['Text/HTML; charset=UTF-8', 'text/html'],
    [' application/json ', 'application/json'],
    ['text/plain;', 'text/plain'],
    [';charset=x', ''],
    ['', ''],
  ])('of %j is %j', (value, expected) => {
    expect(mediaType(['Content-Type', value])).toBe(expected)
  })

  it('is empty without the field', () => {
    expect(mediaType(['X', 'text/html'])).toBe('')
  })
})

describe('tokens', () => {
  it('come from the lists of all fields, in lower case and without empty ones', () => {
    const headers = ['Connection', 'Close, ,X-A ,', 'connection', 'keep-alive', 'Connection', '']
    expect(headerTokens(headers, 'connection')).toEqual(['close', 'x-a', 'keep-alive'])
  })
})
