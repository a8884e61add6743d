import { describe, expect, it } from 'vitest'
import { forwardedFor, loggedAddress, parseForwardedForRule } from '../../src/proxy/forwardedFor.ts'

const HEADERS = ['X-Forwarded-For', 'a, b', 'x-forwarded-for', ' c ,, d']
const ADDRESS = '192.0.2.1'
const PEER = { peerAddress: ADDRESS }

describe('X-Forwarded-For', () => {
  it.each([
    [{ truncate: undefined, append: false }, 'a, b, c, d'],
    [{ truncate: undefined, append: true }, 'a, b, c, d, 192.0.2.1'],
    [{ truncate: 1, append: false }, 'd'],
    [{ truncate: 1, append: true }, 'd, 192.0.2.1'],
    [{ truncate: 9, append: false }, 'a, b, c, d'],
    [{ truncate: 0, append: true }, '192.0.2.1'],
    [{ truncate: 0, append: false }, undefined],
  ])('with %j is %j', (rule, expected) => {
    expect(forwardedFor(HEADERS, rule, PEER)).toBe(expected)
  })

  it('is absent when there is nothing to say', () => {
    expect(forwardedFor([], { truncate: undefined, append: false }, PEER)).toBeUndefined()
    expect(forwardedFor([], { truncate: undefined, append: true }, { peerAddress: '' })).toBeUndefined()
    expect(forwardedFor(['X-Forwarded-For', ' , '], { truncate: 1, append: false }, PEER)).toBeUndefined()
  })
})

describe('the address of a client in the log', () => {
  it.each([
    ['198.51.100.1, 198.51.100.2', undefined, '198.51.100.1'],
    ['198.51.100.1, 198.51.100.2', 1, '198.51.100.2'],
    ['198.51.100.1', 0, ADDRESS],
    ['2001:DB8::1, x', undefined, '2001:DB8::1'],
    ['unknown, 198.51.100.2', undefined, ADDRESS],
    ['198.51.100.256', undefined, ADDRESS],
    ['198.51.100', undefined, ADDRESS],
    ['1:2', undefined, ADDRESS],
    ['a b=c:d', undefined, ADDRESS],
    ['', undefined, ADDRESS],
  ])('with %j and truncate:%s is %s', (value, truncate, address) => {
    const headers = ['X-Forwarded-For', value]
    expect(loggedAddress(headers, { truncate, append: true }, PEER)).toBe(address)
  })
})

describe('the rule', () => {
  it.each([
    [[], { truncate: undefined, append: false }],
    [['append'], { truncate: undefined, append: true }],
    [['truncate:0', 'append'], { truncate: 0, append: true }],
    [['append', 'truncate:12'], { truncate: 12, append: true }],
  ])('of %j is %j', (words, rule) => {
    expect(parseForwardedForRule(words)).toEqual(rule)
  })

  it.each(['', 'Append', 'truncate', 'truncate:', 'truncate:-1', 'truncate:x', 'truncate:12345'])(
    'has no word %j',
    (word) => {
      expect(() => parseForwardedForRule(['append', word])).toThrow(
        `'${word}' is neither 'append' nor 'truncate:N'`,
      )
    },
  )
})
