import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createResponseContentFilter,
  filterResponseContent,
} from '../../../src/hub/filters/responseContent.ts'
import { shown } from './support.ts'

const instruct = (meta: Record<string, string> | undefined, ...filters: string[][]) => ({
  channels: filters.map((names, index) => ({ name: `c${index}`, prevId: '1', filters: names })),
  meta,
})
const filtered = (text: string, meta: Record<string, string> | undefined = { id_format: '%(c0)s' }) =>
  shown(filterResponseContent(instruct(meta, ['skip-self'], ['build-id']), Buffer.from(text)))

describe('what an origin itself sends', () => {
  it('gets its ids built where one of the channels asks for it', () => {
    expect(filtered('%(a)I 100%%')).toBe('a 100%')
    expect(filtered('%(a)I', { id_format: '', id_encoding: 'hex' })).toBe('61')
  })

  it('is left as it is by all other filters', () => {
    const other = instruct({ user: 'x' }, ['var-subst', 'http-modify', 'skip-self'], [])
    expect(shown(filterResponseContent(other, Buffer.from('%(user)s %I %')))).toBe('%(user)s %I %')
    expect(createResponseContentFilter(other)).toBeUndefined()
  })

  it('has no current id', () => {
    expect(filtered('a %I')).toBe(
      'error: build-id: No ID specified and no default ID in context at position 3',
    )
  })

  it('fails without a format for ids, unless it is empty', () => {
    expect(filtered('a', {})).toBe("error: build-id: no sub meta 'id_format'")
    expect(filtered('', {})).toBe('')
  })

  it('fails when it ends in the middle of a directive', () => {
    expect(filtered('a %(b')).toBe('error: build-id: Unterminated field starting at position 3')
    expect(filtered('a %')).toBe("error: build-id: Expected directive after '%' at position 2")
  })
})

describe('a body that comes in parts', () => {
  function inParts(parts: readonly Buffer[]): string {
    const filter = createResponseContentFilter(
      instruct({ id_format: 'x', id_encoding: 'hex' }, ['build-id']),
    )!
    let text = ''
    for (const part of parts) {
      const result = filter.update(part)
      if (result.kind === 'error') return shown(result)
      text += result.content.toString('latin1')
    }
    const end = filter.end()
    return end.kind === 'error' ? shown(end) : text
  }

  it('is passed on up to a directive that is not complete', () => {
    const filter = createResponseContentFilter(
      instruct({ id_format: 'x', id_encoding: 'hex' }, ['build-id']),
    )!
    const shownParts = ['The ID is %', '(', 'R2D', '2', ')', 'I.', ' Bye%', '%'].map((part) =>
      shown(filter.update(Buffer.from(part))),
    )
    expect(shownParts).toEqual(['The ID is ', '', '', '', '', '52324432.', ' Bye', '%'])
    expect(shown(filter.end())).toBe('')
  })

  it('gives the same, or the same error, however it is cut', () => {
    const pieces = fc.constantFrom(
      '%',
      '%%',
      '%I',
      '%(',
      ')',
      'I',
      '(a\\)b)I',
      '\\',
      'é',
      '\xff',
      'text',
      's',
      ' ',
    )
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 8 }).map((list) => list.join('')),
      fc
        .array(fc.constantFrom('%(ab)I', '%%', 'text', '%(\\))I'), { maxLength: 8 })
        .map((list) => list.join('')),
    )
    fc.assert(
      fc.property(texts, fc.array(fc.nat(30), { maxLength: 5 }), (text, cuts) => {
        const body = Buffer.from(text, 'latin1')
        const ends = [...cuts, 0, body.length].map((cut) => Math.min(cut, body.length)).sort((a, b) => a - b)
        const parts = ends.slice(1).map((end, index) => body.subarray(ends[index], end))
        const whole = filterResponseContent(
          instruct({ id_format: 'x', id_encoding: 'hex' }, ['build-id']),
          body,
        )
        const expected = whole.kind === 'send' ? whole.content.toString('latin1') : shown(whole)
        const actual = inParts(parts)
        // A fault of form further on is told first where the parser has seen it.
        if (whole.kind === 'error' && parts.length > 1)
          expect(actual).toMatch(/^error: build-id: .+ at position \d+$/)
        else expect(actual).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })

  it('is not kept while a directive goes on and on', () => {
    const part = Buffer.from('x'.repeat(1000))
    expect(inParts([Buffer.from('%('), ...Array(10).fill(part)])).toBe(
      'error: build-id: Unterminated field starting at position 1',
    )
  })
})
