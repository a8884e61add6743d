import { describe, expect, it } from 'vitest'
import {
  getParameter,
  parseElement,
  parseLinkElement,
  parseParameters,
  splitLinkList,
  splitList,
} from '../../src/grip/headerParams.ts'

describe('splitList', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a, b ,\tc', ['a', 'b', 'c']],
    ['a,,b', ['a', '', 'b']],
    ['a,', ['a']],
    [',', ['']],
    [',a', ['', 'a']],
    ['a; x="1, 2", b', ['a; x="1, 2"', 'b']],
    ['a; x="\\", 2", b', ['a; x="\\", 2"', 'b']],
    ['a, "b, c', ['a', '"b, c']],
    ['"a\\', ['"a\\']],
    ['a\\,b', ['a\\', 'b']],
    ['<a,b>', ['<a', 'b>']],
  ])('splits %j', (list, elements) => {
    expect(splitList(list)).toEqual(elements)
  })
})

describe('splitLinkList', () => {
  it.each([
    ['</a?x=1,2>; rel=next, </b>; rel=gone', ['</a?x=1,2>; rel=next', '</b>; rel=gone']],
    ['a, </b,c>', ['a', '</b,c>']],
    ['</a,b', ['</a', 'b']],
    ['a<b,c>', ['a<b', 'c>']],
  ])('splits %j', (list, elements) => {
    expect(splitLinkList(list)).toEqual(elements)
  })
})

describe('parseParameters', () => {
  it.each([
    ['', []],
    ['a=1', [['a', '1']]],
    [
      ' a = 1 ; b ;c=',
      [
        ['a', '1'],
        ['b', ''],
        ['c', ''],
      ],
    ],
    [
      'a="x; \\"y\\" \\\\"; b=2',
      [
        ['a', 'x; "y" \\'],
        ['b', '2'],
      ],
    ],
    [
      'a="x"junk; b=2',
      [
        ['a', 'x'],
        ['b', '2'],
      ],
    ],
    ['a= "x"', [['a', '"x"']]],
    ['a=b=c', [['a', 'b=c']]],
    [
      ';a=1',
      [
        ['', ''],
        ['a', '1'],
      ],
    ],
    ['=x', [['', 'x']]],
    ['a=""', [['a', '']]],
  ])('parses %j', (text, pairs) => {
    expect(parseParameters(text)).toEqual(pairs.map(([name, value]) => ({ name, value })))
  })

  it.each(['a="x', 'a="x\\', 'a="x\\"', 'b=1; a="'])('refuses the quoting of %j', (text) => {
    expect(parseParameters(text)).toBeUndefined()
  })
})

describe('parseElement', () => {
  it('takes all up to the first semicolon as the value, quotes included', () => {
    expect(parseElement(' "a" ; x=1')).toEqual({ value: '"a"', parameters: [{ name: 'x', value: '1' }] })
    expect(parseElement('"a;b"')).toEqual({ value: '"a', parameters: [{ name: 'b"', value: '' }] })
    expect(parseElement('')).toEqual({ value: '', parameters: [] })
  })

  it('has no element for a badly quoted parameter', () => {
    expect(parseElement('a; x="1')).toBeUndefined()
  })

  it('keeps the semicolons of a link', () => {
    expect(parseLinkElement('</a;b>; rel=next')).toEqual({
      value: '</a;b>',
      parameters: [{ name: 'rel', value: 'next' }],
    })
    expect(parseLinkElement('</a;b')?.value).toBe('</a')
  })
})

describe('getParameter', () => {
  it('takes the first of a name, whatever its case', () => {
    const parameters = parseParameters('Prev-ID=1; prev-id=2') ?? []
    expect(getParameter(parameters, 'prev-id')).toBe('1')
    expect(getParameter(parameters, 'none')).toBeUndefined()
  })
})
