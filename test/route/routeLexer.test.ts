import { describe, expect, test } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { lexRouteLine } from '../../src/route/routeLexer.ts'

function errorOf(line: string): unknown {
  try {
    lexRouteLine(line)
  } catch (error) {
    return error
  }
  return undefined
}

describe('a line of the routes file', () => {
  test.each([
    ['apple', [{ value: 'apple', props: [] }]],
    [
      'apple banana',
      [
        { value: 'apple', props: [] },
        { value: 'banana', props: [] },
      ],
    ],
    [
      '   apple    banana   # a comment',
      [
        { value: 'apple', props: [] },
        { value: 'banana', props: [] },
      ],
    ],
    ['', []],
    ['    ', []],
    ['# only a comment', []],
    ['  # "an open quote in a comment', []],
    [
      'a,debug,id=x',
      [
        {
          value: 'a',
          props: [
            { name: 'debug', value: '' },
            { name: 'id', value: 'x' },
          ],
        },
      ],
    ],
    [',id=x', [{ value: '', props: [{ name: 'id', value: 'x' }] }]],
    [
      '"" b',
      [
        { value: '', props: [] },
        { value: 'b', props: [] },
      ],
    ],
  ])('%j splits into its sections', (line, sections) => {
    expect(lexRouteLine(line)).toEqual(sections)
  })

  test('may start a section with a property, whose section then has no value', () => {
    expect(lexRouteLine('  path_beg=/foo,ssl=yes host:80')).toEqual([
      {
        value: '',
        props: [
          { name: 'path_beg', value: '/foo' },
          { name: 'ssl', value: 'yes' },
        ],
      },
      { value: 'host:80', props: [] },
    ])
  })

  test('keeps all equals signs but the first in the value', () => {
    expect(lexRouteLine('*,sig_key=base64:aGk=')[0]?.props).toEqual([
      { name: 'sig_key', value: 'base64:aGk=' },
    ])
  })

  test('is cut by # inside a word', () => {
    expect(lexRouteLine('*,path_beg=/a#b host:80')).toEqual([
      { value: '*', props: [{ name: 'path_beg', value: '/a' }] },
    ])
  })

  test('keeps spaces, commas and # that are quoted, wherever the quotes stand', () => {
    expect(lexRouteLine('a,from="x, #y",to=1" "2')[0]?.props).toEqual([
      { name: 'from', value: 'x, #y' },
      { name: 'to', value: '1 2' },
    ])
  })

  test('has \\\\ and \\" as escapes in quotes', () => {
    expect(lexRouteLine('a,from="washington, \\"usa\\"",by="\\\\"')[0]?.props).toEqual([
      { name: 'from', value: 'washington, "usa"' },
      { name: 'by', value: '\\' },
    ])
  })

  test('takes a backslash outside quotes as it is', () => {
    expect(lexRouteLine('a\\b')).toEqual([{ value: 'a\\b', props: [] }])
  })

  test('is not separated by tabs', () => {
    expect(lexRouteLine('a\tb c')).toEqual([
      { value: 'a\tb', props: [] },
      { value: 'c', props: [] },
    ])
  })

  test.each([
    ['a,b="x\\', 'unterminated escape sequence'],
    ['a,b="\\n"', 'unexpected escape character: n'],
    ['a,b="\\😀"', 'unexpected escape character: 😀'],
    ['a,b="x y', 'unterminated quoted section'],
    ['a,b,', 'expecting prop'],
    ['a,b, c', 'expecting prop'],
    ['a,,b', 'expecting prop'],
    ['a,"" b', 'expecting prop'],
    ['a,#b', 'expecting prop'],
    ['a,=x', 'empty prop name'],
    ['=x a:80', 'empty prop name'],
  ])('%j is refused: %s', (line, message) => {
    expect(errorOf(line)).toBeInstanceOf(HoldfastError)
    expect(errorOf(line)).toMatchObject({ code: 'ROUTE_INVALID', message })
  })
})
