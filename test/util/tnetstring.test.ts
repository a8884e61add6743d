import { describe, expect, it } from 'vitest'
import { encodeTnetstring, parseTnetstring, type TnetInput } from '../../src/util/tnetstring.ts'

const bytes = (text: string) => Buffer.from(text)
const parse = (text: string) => parseTnetstring(bytes(text))

describe('a tnetstring', () => {
  it.each<[string, unknown]>([
    ['0:,', bytes('')],
    ['5:hello,', bytes('hello')],
    ['4:\u00e9\u00e9,', bytes('éé')],
    ['0:~', null],
    ['4:true!', true],
    ['5:false!', false],
    ['2:42#', 42],
    ['3:-42#', -42],
    ['2:+7#', 7],
    ['3:1.5^', 1.5],
    ['5:2.5e3^', 2500],
    ['1:3^', 3],
    ['0:]', []],
    ['0:}', {}],
    ['12:5:hello,1:1#]', [bytes('hello'), 1]],
    ['14:1:a,7:1:b,0:~}}', { a: { b: null } }],
    ['16:1:a,1:1#1:a,1:2#}', { a: 2 }],
    ['005:hello,', bytes('hello')],
  ])('%j is %j', (text, value) => {
    expect(parse(text)).toEqual(value)
  })

  it('may be followed by anything, which is ignored', () => {
    expect(parse('0:~TRAILING')).toBeNull()
  })

  it('may have a key that plain objects know already', () => {
    const map = parse('38:9:__proto__,4:1:a,]11:constructor,1:1#}') as object
    expect(Object.keys(map)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype)
  })

  it('may have any keys, also those that are much like another', () => {
    const names = ['', 'é', 'a'.repeat(40), ...Array.from({ length: 600 }, (_, i) => `k${i % 7}x${i}y`)]
    for (const name of [...names, ...names]) {
      expect(Object.keys(parseTnetstring(encodeTnetstring({ [name]: null })) as object)).toEqual([name])
    }
  })

  it('shares its bytes with what was received', () => {
    const received = bytes('5:hello,')
    received[2] = 0x4a
    expect(parseTnetstring(received)).toEqual(bytes('Jello'))
  })

  it.each([
    ['', 0, 'no length'],
    [':', 0, 'no length'],
    ['5', 0, 'no length'],
    ['5:abc', 2, 'ends before its 5 bytes and their type'],
    ['5:abcde', 2, 'ends before its 5 bytes and their type'],
    ['-1:a,', 0, 'no length'],
    ['x5:hello,', 0, 'no length'],
    ['99999999999:,', 0, 'no length'],
    ['9999999999:,', 11, 'ends before its 9999999999 bytes and their type'],
    ['1:a?', 3, 'no such type'],
    ['1:a#', 2, 'not a number'],
    ['0:#', 2, 'not a number'],
    ['3:1.5#', 2, 'not a number'],
    ['3:nan^', 2, 'not a number'],
    ['5:1e999^', 2, 'not a number'],
    ['1:1!', 2, 'neither true nor false'],
    ['1:x~', 2, 'null with content'],
    ['3:1:a]', 4, 'ends before its 1 bytes and their type'],
    ['4:9:a,]', 4, 'ends before its 9 bytes and their type'],
    ['4:1:a,}', 6, 'no length'],
    ['7:1:1#0:~}', 4, 'a key that is not a byte string'],
  ])('%j is none', (text, at, reason) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'TNETSTRING_INVALID',
        message: `not a tnetstring, at byte ${at}: ${reason}`,
      }),
    )
  })

  it('goes 64 levels deep and no further', () => {
    const nested = (levels: number) => {
      let value: TnetInput = null
      for (let i = 0; i < levels; i++) value = [value]
      return encodeTnetstring(value)
    }
    expect(() => parseTnetstring(nested(64))).not.toThrow()
    expect(() => parseTnetstring(nested(65))).toThrow('more than 64 levels')
  })
})

describe('a value', () => {
  it.each<[TnetInput, string]>([
    ['hello', '5:hello,'],
    ['é', '2:é,'],
    ['', '0:,'],
    [bytes('a'), '1:a,'],
    [42, '2:42#'],
    [-0.5, '4:-0.5^'],
    [1234567.5, '9:1234567.5^'],
    [2 ** 60, '19:1152921504606847000^'],
    [true, '4:true!'],
    [null, '0:~'],
    [['a', 1], '8:1:a,1:1#]'],
    [{ id: '1', value: null, none: undefined }, '20:2:id,1:1,5:value,0:~}'],
  ])('%j is written as %j', (value, text) => {
    expect(encodeTnetstring(value).toString()).toBe(text)
  })

  it('that is no number at all is not written', () => {
    expect(() => encodeTnetstring(Number.NaN)).toThrow(RangeError)
  })

  it('has its bytes written as they are', () => {
    expect(encodeTnetstring(Buffer.from([0, 255]))).toEqual(Buffer.from([0x32, 0x3a, 0, 255, 0x2c]))
  })
})
