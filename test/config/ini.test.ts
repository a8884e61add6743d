import { describe, expect, it } from 'vitest'
import { parseIni } from '../../src/config/ini.ts'

/** The one value of a line, as text and as items. */
function value(line: string): { text: string; items: readonly string[] } {
  const { entries, faults } = parseIni(`[s]\n${line}\n`)
  expect(faults).toEqual([])
  expect(entries).toHaveLength(1)
  const { text, items } = entries[0]!
  return { text, items }
}

describe('sections and keys', () => {
  it('a setting belongs to the section above it and knows its line', () => {
    const { entries } = parseIni('[a]\nx=1\n\n[ b ]\n  y = 2\n[a]\nx=3\n')
    expect(entries.map(({ section, key, text, line }) => [section, key, text, line])).toEqual([
      ['a', 'x', '1', 2],
      ['b', 'y', '2', 5],
      ['a', 'x', '3', 7],
    ])
  })

  it('a setting above all sections has none', () => {
    expect(parseIni('x=1').entries[0]).toMatchObject({ section: '', key: 'x', line: 1 })
  })

  it.each(['\n', '\r\n', '\r'])('lines may end with %j', (end) => {
    const { entries } = parseIni(['[a]', 'x=1', 'y=2', ''].join(end))
    expect(entries.map(({ key, text, line }) => [key, text, line])).toEqual([
      ['x', '1', 2],
      ['y', '2', 3],
    ])
  })

  it('a byte order mark is no part of the first line', () => {
    expect(parseIni('\uFEFF[a]\nx=1').entries).toMatchObject([{ section: 'a' }])
  })

  it('only the first = separates', () => {
    expect(value('x=a=b').text).toBe('a=b')
  })

  it('a key without a value is empty', () => {
    expect(value('x=')).toEqual({ text: '', items: [] })
  })
})

describe('comments', () => {
  it.each(['# a="b', '; a=b', '   # a=b', '#a\\'])('the line %j says nothing', (line) => {
    const { entries, faults } = parseIni(`[s]\n${line}\nx=1\n`)
    expect(faults).toEqual([])
    expect(entries.map(({ key, line }) => [key, line])).toEqual([['x', 3]])
  })

  it('a semicolon ends a value', () => {
    expect(value('x=a ; b').text).toBe('a')
  })

  it('a semicolon in quotes or behind a backslash does not', () => {
    expect(value('x="a;b";c').text).toBe('a;b')
    expect(value('x=a\\;b').text).toBe('a;b')
  })

  it('a number sign within a value is part of it', () => {
    expect(value('x=a#b # c').text).toBe('a#b # c')
  })

  it('a comment may follow a section', () => {
    expect(parseIni('[a] # b\nx=1\n[c];d\ny=2')).toMatchObject({
      entries: [{ section: 'a' }, { section: 'c' }],
      faults: [],
    })
  })
})

describe('values', () => {
  it('blanks around it do not count, those within it do', () => {
    expect(value('x =  a  b \t').text).toBe('a  b')
  })

  it('quotes protect blanks and may stand anywhere', () => {
    expect(value('x= " a " ').text).toBe(' a ')
    expect(value('x=a" "b').text).toBe('a b')
  })

  it('commas separate items, which are trimmed; empty ones are dropped', () => {
    expect(value('x= a , b,, c,')).toEqual({ text: 'a , b,, c,', items: ['a', 'b', 'c'] })
  })

  it('a comma in quotes or behind a backslash separates nothing', () => {
    expect(value('x="a,b",c').items).toEqual(['a,b', 'c'])
    expect(value('x=a\\,b').items).toEqual(['a,b'])
  })

  it('escapes stand for the characters of C', () => {
    expect(value('x=\\"a\\"\\t\\\\\\n\\x41\\101').text).toBe('"a"\t\\\nAA')
  })

  it('an escape that is not known stays as it is, so that a Windows path survives', () => {
    expect(value('x=C:\\Users\\me').text).toBe('C:\\Users\\me')
  })

  it('a backslash at the end of a line joins the next one, and lines are still counted', () => {
    const { entries } = parseIni('[s]\nx=a,\\\nb\ny=1')
    expect(entries.map(({ key, items, line }) => [key, items, line])).toEqual([
      ['x', ['a', 'b'], 2],
      ['y', ['1'], 4],
    ])
  })
})

describe('faults', () => {
  it('every line that is none of these is named, and the others are read', () => {
    const { entries, faults } = parseIni('[s]\nnonsense\n=1\n[t\n[u] v\nx="a\ny=2\nk;=3\n')
    expect(faults.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 8])
    expect(faults[0]?.reason).toBe('expected key=value, found "nonsense"')
    expect(faults[2]?.reason).toBe('expected [section], found "[t"')
    expect(faults[4]?.reason).toBe('the quote in the value of x is not closed')
    expect(entries).toMatchObject([{ section: 's', key: 'y', text: '2', line: 7 }])
  })
})
