import { describe, expect, it } from 'vitest'
import { compileFilters } from '../../../src/hub/filters/filterChain.ts'
import { contextOf, filtered } from './support.ts'

describe('var-subst', () => {
  const substituted = (text: string, subscriptionMeta: Record<string, string> = { user: 'ann', empty: '' }) =>
    filtered(['var-subst'], { text, subscriptionMeta })

  it('replaces variables by subscription meta', () => {
    expect(substituted('hello %(user)s!')).toBe('hello ann!')
    expect(substituted('%(user)s%(user)s')).toBe('annann')
    expect(substituted('[%(empty)s]')).toBe('[]')
    expect(substituted('%(né)s ☃', { né: 'Zoë' })).toBe('Zoë ☃')
  })

  it('takes %% for a percent sign, and a backslash in a name for the next character', () => {
    expect(substituted('100%%, %%(user)s')).toBe('100%, %(user)s')
    expect(substituted('%(a\\)b\\\\c)s', { 'a)b\\c': 'x' })).toBe('x')
  })

  it('does not look for variables in values', () => {
    expect(substituted('%(user)s', { user: '%(user)s %' })).toBe('%(user)s %')
  })

  it('leaves bytes that are not UTF-8 as they are', () => {
    const chain = compileFilters(['var-subst'])
    const content = Buffer.from('\xff\x80%%', 'latin1')
    expect(chain.isSync && chain.run(contextOf({ content }))).toEqual({
      kind: 'send',
      content: Buffer.from('\xff\x80%', 'latin1'),
    })
  })

  it('says what is wrong with a template, and at which byte', () => {
    const faults: [string, string][] = [
      ['abc %', "Expected directive after '%' at position 4"],
      ['é %', "Expected directive after '%' at position 3"],
      ['%(', "Expected character after '(' at position 1"],
      ['%(a\\', "Expected character after '\\' at position 3"],
      ['%(abc', 'Unterminated field starting at position 1'],
      ['%(a\\)s', 'Unterminated field starting at position 1'],
      ['%(abc)', "Expected directive after ')' at position 5"],
      ['50% off', "Unknown directive ' ' at position 3"],
      ['%\n', "Unknown directive '\\x0a' at position 1"],
      ['%d', "Unknown directive 'd' at position 1"],
      ['%I', "Unknown directive 'I' at position 1"],
      ['%(user)%', "Unknown directive '%' at position 7"],
      ['%s', "Directive 's' requires argument at position 1"],
      ['%()s', "Directive 's' requires argument at position 3"],
      ['%(nobody)s', "No such variable 'nobody' at position 9"],
    ]
    for (const [text, fault] of faults) expect(substituted(text)).toBe(`error: var-subst: ${fault}`)
  })

  it('refuses to make gigabytes of a megabyte', () => {
    const result = substituted('%(user)s'.repeat(100_000), { user: 'x'.repeat(10_000) })
    expect(result).toMatch(/^error: var-subst: Result too large at position \d+$/)
  })
})

describe('build-id', () => {
  const built = (text: string, subscriptionMeta: Record<string, string> | undefined, changes = {}) =>
    filtered(['build-id'], { text, subscriptionMeta, ...changes })

  it('replaces %I by the id of the item, so that a client comes back with it', () => {
    expect(built('id: %I\ndata: 1%%', { id_format: '%(chat)s' })).toBe('id: 2\ndata: 1%')
  })

  it('makes one id of all the channels of a hold', () => {
    const prevIds = new Map([
      ['chat', '1'],
      ['news', '7é'],
    ])
    expect(built('%I', { id_format: 'c=%(chat)s,n=%(news)s' }, { prevIds })).toBe('c=2,n=7é')
  })

  it('takes the id of the item also where the channel has no prev-id', () => {
    expect(built('%I', { id_format: '%(chat)s' }, { prevIds: new Map([['chat', undefined]]) })).toBe('2')
  })

  it('replaces %(id)I by that id', () => {
    expect(built('%(a\\)b)I %()I', { id_format: 'x' })).toBe('a)b x')
  })

  it('encodes ids as hex where the origin asks for it', () => {
    expect(built('%I %(R2D2)I é', { id_format: 'C3PO', id_encoding: 'hex' })).toBe('4333504f 52324432 é')
    expect(built('%(é)I', { id_format: 'x', id_encoding: 'hex' })).toBe('c3a9')
  })

  it('fails, and never delivers an empty message, when the id cannot be built', () => {
    const failed = 'error: build-id: failed to render ID: '
    expect(built('x', undefined)).toBe("error: build-id: no sub meta 'id_format'")
    expect(built('x', { id_format: 'x', id_encoding: 'b64' })).toBe(
      'error: build-id: unsupported encoding: b64',
    )
    expect(built('%I', { id_format: '%(sport)s' })).toBe(`${failed}No such variable 'sport' at position 8`)
    expect(built('%I', { id_format: '%(news)s' })).toBe(`${failed}No such variable 'news' at position 7`)
    expect(built('%I', { id_format: '%I' })).toBe(`${failed}Unknown directive 'I' at position 1`)
    expect(built('%I', { id_format: '%' })).toBe(`${failed}Expected directive after '%' at position 0`)
    expect(built('%I', { id_format: '%(chat)s' }, { itemId: undefined })).toBe(
      `${failed}No such variable 'chat' at position 7`,
    )
    expect(built('%(a)s', { id_format: 'x' })).toBe("error: build-id: Unknown directive 's' at position 4")
    expect(built('%', { id_format: 'x' })).toBe("error: build-id: Expected directive after '%' at position 0")
  })
})
