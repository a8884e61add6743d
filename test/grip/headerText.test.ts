import { describe, expect, it } from 'vitest'
import {
  isFieldText,
  isToken,
  shownText,
  textFromWire,
  trimOws,
  wireFromText,
} from '../../src/grip/headerText.ts'

describe('wire text', () => {
  it('holds one character per byte of UTF-8', () => {
    expect(wireFromText('café ☕')).toBe('caf\xc3\xa9 \xe2\x98\x95')
    expect(textFromWire('caf\xc3\xa9 \xe2\x98\x95')).toBe('café ☕')
  })

  it('is left as it is when its bytes are not UTF-8', () => {
    expect(textFromWire('caf\xe9')).toBe('caf\xe9')
  })

  it('is left as it is when it is text already', () => {
    expect(textFromWire('☕ caf\xc3\xa9')).toBe('☕ caf\xc3\xa9')
  })
})

describe('trimOws', () => {
  it('removes spaces and tabs and nothing else', () => {
    expect(trimOws(' \t a b \t')).toBe('a b')
    expect(trimOws(' \t ')).toBe('')
    expect(trimOws('\xa0a\x85')).toBe('\xa0a\x85')
  })

  it('keeps a letter whose last byte looks like a space', () => {
    expect(textFromWire(trimOws(` ${wireFromText('à')} `))).toBe('à')
  })
})

describe('header syntax', () => {
  it.each(['X-A', "!#$%&'*+-.^_`|~09azAZ"])('takes %s as a name', (name) => expect(isToken(name)).toBe(true))
  it.each(['', 'a b', 'a:', 'a\r', 'é', 'a\0', '(a)', 'a/b'])('refuses %j as a name', (name) => {
    expect(isToken(name)).toBe(false)
  })

  it.each(['', 'a b', '\t', '~', '\x80\xff'])('takes %j as a value', (value) =>
    expect(isFieldText(value)).toBe(true),
  )
  it.each(['\r', 'a\nb', '\0', '\x1f', '\x7f', 'č', 'a\n'])('refuses %j as a value', (value) => {
    expect(isFieldText(value)).toBe(false)
  })
})

describe('shownText', () => {
  it('fits on one line of bounded length', () => {
    expect(shownText('a\r\nb\0')).toBe('a\\x0d\\x0ab\\x00')
    expect(shownText('x'.repeat(10_000))).toBe(`${'x'.repeat(200)}...`)
  })
})
