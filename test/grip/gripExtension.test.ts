import { describe, expect, it } from 'vitest'
import { findGripEntry, parseGripAcceptance } from '../../src/grip/gripExtension.ts'

/** The prefix by which the origin marks messages for the client; undefined when it has not accepted GRIP. */
function prefixOf(...values: readonly string[]): string | undefined {
  const headers = values.flatMap((value) => ['Sec-WebSocket-Extensions', value])
  return parseGripAcceptance(headers)?.messagePrefix.toString('latin1')
}

describe("an origin's answer accepts GRIP", () => {
  it.each([
    ['by its name alone', 'grip', 'm:'],
    ['with no prefix', 'grip; message-prefix=""', ''],
    ['with a prefix parameter that has no value', 'grip; message-prefix', ''],
    ['with a bare prefix', 'grip; message-prefix=msg-', 'msg-'],
    ['with a quoted prefix', 'grip;message-prefix="msg-"', 'msg-'],
    ['with a prefix that holds a comma, a semicolon and a quote', 'grip; message-prefix="a,;\\"b"', 'a,;"b'],
    ['with a prefix of bytes that are no ASCII', 'grip; message-prefix="\xc3\xa4"', '\xc3\xa4'],
    ['beside parameters that nobody knows', 'grip; x; y=1; message-prefix="a"; z="2"', 'a'],
    ['with a parameter list that ends in a semicolon', 'grip;', 'm:'],
    ['behind another extension', 'foo; a="b,c", grip; message-prefix="a"', 'a'],
    ['twice, and the first one counts', 'grip; message-prefix="1", grip; message-prefix="2"', '1'],
  ])('%s', (_name, value, prefix) => {
    expect(prefixOf(value)).toBe(prefix)
  })

  it('in a field of its own', () => {
    expect(prefixOf('permessage-deflate', 'grip; message-prefix=x')).toBe('x')
  })
})

describe("an origin's answer does not accept GRIP", () => {
  it.each([
    ['without extensions', []],
    ['with others', ['foo, gripe; grip=1']],
    ['in another case', ['GRIP']],
    ['with a prefix that is missing', ['grip; message-prefix=']],
    ['with a prefix that is missing before more', ['grip; message-prefix=; a=b']],
    ['with a quote that does not end', ['grip; message-prefix="m:']],
    ['with text behind a quoted value', ['grip; message-prefix="m:"x']],
    ['in a second entry where the first is malformed', ['grip; message-prefix=, grip']],
  ])('%s', (_name, values) => {
    expect(prefixOf(...values)).toBeUndefined()
  })
})

describe('the entry for GRIP', () => {
  it('is returned as it stands, for another GRIP proxy to read', () => {
    const headers = ['Sec-WebSocket-Extensions', 'foo,  grip; message-prefix="a,b" , bar']
    expect(findGripEntry(headers)).toBe('grip; message-prefix="a,b"')
  })
})
