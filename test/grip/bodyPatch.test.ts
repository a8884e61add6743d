import fc from 'fast-check'
import { createPatch } from 'rfc6902'
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { applyBodyPatch } from '../../src/grip/bodyPatch.ts'
import { faultOf } from './support.ts'

function patchText(body: string, ...patch: unknown[]): string {
  return applyBodyPatch(Buffer.from(body), patch).toString()
}

function patched(body: unknown, ...patch: unknown[]): unknown {
  return JSON.parse(patchText(JSON.stringify(body), ...patch))
}

function faultIn(body: unknown, ...patch: unknown[]): string {
  return faultOf(() => patched(body, ...patch))
}

describe('a patch of a held response', () => {
  it('adds members and array elements', () => {
    expect(patched({ a: 1 }, { op: 'add', path: '/b', value: [null] })).toEqual({ a: 1, b: [null] })
    expect(patched({ a: 1 }, { op: 'add', path: '/a', value: 2 })).toEqual({ a: 2 })
    expect(patched([1, 3], { op: 'add', path: '/1', value: 2 })).toEqual([1, 2, 3])
    expect(patched([1], { op: 'add', path: '/1', value: 2 })).toEqual([1, 2])
    expect(patched([[1]], { op: 'add', path: '/0/-', value: [2, 3] })).toEqual([[1, [2, 3]]])
  })

  it('removes, replaces, moves and copies', () => {
    expect(patched({ a: 1, b: [1, 2] }, { op: 'remove', path: '/b/0' })).toEqual({ a: 1, b: [2] })
    expect(patched({ a: { b: 1 } }, { op: 'replace', path: '/a/b', value: null })).toEqual({ a: { b: null } })
    expect(patched({ a: [1, 2, 3] }, { op: 'move', from: '/a/0', path: '/a/2' })).toEqual({ a: [2, 3, 1] })
    expect(patched({ a: [1] }, { op: 'copy', from: '/a', path: '/b' })).toEqual({ a: [1], b: [1] })
    expect(patched({ a: 1 }, { op: 'move', from: '/a', path: '/a' })).toEqual({ a: 1 })
  })

  it('finds the place to move to after the value has left its own', () => {
    expect(patched([1, { n: 2 }, { n: 3 }], { op: 'move', from: '/0', path: '/1/moved' })).toEqual([
      { n: 2 },
      { n: 3, moved: 1 },
    ])
    expect(faultIn([1, 2], { op: 'move', from: '/0', path: '/2' })).toContain("no place '/2'")
  })

  it('changes a copy independently of what it was copied from', () => {
    const patch = [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/x', value: 1 },
    ]
    expect(patched({ a: {} }, ...patch)).toEqual({ a: {}, b: { x: 1 } })
  })

  it('leaves the published patch as it is, for the next hold', () => {
    const patch = [
      { op: 'add', path: '/a', value: { list: [] } },
      { op: 'add', path: '/a/list/-', value: 1 },
    ]
    expect(patched({}, ...patch)).toEqual({ a: { list: [1] } })
    expect(patched({}, ...patch)).toEqual({ a: { list: [1] } })
  })

  it('can replace the body as a whole, by the empty pointer and by Pushpin\'s "/"', () => {
    for (const path of ['', '/']) {
      expect(patched({ a: 1 }, { op: 'add', path, value: [2] })).toEqual([2])
      expect(patched([1], { op: 'replace', path, value: { b: 2 } })).toEqual({ b: 2 })
      expect(patched({ a: { b: 1 } }, { op: 'move', from: '/a', path })).toEqual({ b: 1 })
      expect(patched([1], { op: 'test', path, value: [1] })).toEqual([1])
      expect(patched({ a: 1 }, { op: 'copy', from: path, path: '/b' })).toEqual({ a: 1, b: { a: 1 } })
    }
  })

  it('reaches names with slashes, tildes, and no characters below the top', () => {
    const body = { 'a/b': 1, 'm~n': 2, '~1': 3, deep: { '': 4 } }
    const patch = ['/a~1b', '/m~0n', '/~01', '/deep/'].map((path) => ({ op: 'replace', path, value: 0 }))
    expect(patched(body, ...patch)).toEqual({ 'a/b': 0, 'm~n': 0, '~1': 0, deep: { '': 0 } })
  })

  it('tests by type and value, whatever the order of members', () => {
    const body = { n: 2, s: '2', z: null, t: true, o: { a: [1, { b: 2 }], c: 3 } }
    const passes = [
      ['/n', 2],
      ['/s', '2'],
      ['/z', null],
      ['/o', { c: 3, a: [1, { b: 2 }] }],
    ]
    for (const [path, value] of passes) expect(patched(body, { op: 'test', path, value })).toEqual(body)
    const failures = [
      ['/n', '2'],
      ['/n', 2.4],
      ['/t', 1],
      ['/z', false],
      ['/o', { a: [1, { b: 2 }] }],
      ['/o', { a: [1], c: 3 }],
      ['/o/a', { 0: 1, 1: { b: 2 } }],
    ]
    for (const [path, value] of failures) {
      expect(faultIn(body, { op: 'test', path, value })).toBe(
        'PATCH_FAILED: operation 0: the value is another one',
      )
    }
  })

  it('sorts members and keeps the newline at the end', () => {
    const add = { op: 'add', path: '/a', value: { y: 0, '10': 1, x: [{ d: 2, c: 3 }] } }
    const added = '"a":{"10":1,"x":[{"c":3,"d":2}],"y":0}'
    expect(patchText('{ "z": 1,\n "b": 2 }', add)).toBe(`{${added},"b":2,"z":1}`)
    expect(patchText('{"z":1}\n', add)).toBe(`{${added},"z":1}\n`)
    expect(patchText('{"z":1}\r\n', add)).toBe(`{${added},"z":1}\r\n`)
    expect(patchText('\ufeff{"é":1}', add)).toBe(`{${added},"é":1}`)
  })

  it('ignores members of an operation that it does not know', () => {
    expect(patched({}, { op: 'add', path: '/a', value: 1, why: 'because' })).toEqual({ a: 1 })
  })
})

describe('a patch that cannot be applied', () => {
  it('is refused when the body is no JSON object or array', () => {
    for (const body of ['', 'nothing for now\n', '"a"', '1', 'null', '{"a":1} x', '\xff']) {
      expect(faultOf(() => applyBodyPatch(Buffer.from(body, 'latin1'), []))).toBe(
        'PATCH_FAILED: the response body is not a JSON object or array',
      )
    }
  })

  it('is refused when it leaves no JSON object or array', () => {
    const text = 'PATCH_FAILED: the patched body is not a JSON object or array'
    expect(faultIn({}, { op: 'replace', path: '', value: 'a' })).toBe(text)
    expect(faultIn({}, { op: 'remove', path: '/' })).toBe(text)
  })

  it('names the operation that failed and why', () => {
    const fine = { op: 'add', path: '/ok', value: 1 }
    const faults: [unknown, string][] = [
      [1, 'not an object'],
      [{ op: 'add', value: 1 }, "'path' is not a string"],
      [{ op: 'add', path: 'a', value: 1 }, "'path': 'a' does not start with /"],
      [{ op: 'add', path: '/a~2', value: 1 }, "'path': '/a~2' has a ~ without 0 or 1"],
      [{ op: 'add', path: '/a' }, "add needs 'value'"],
      [{ op: 'test', path: '/a' }, "test needs 'value'"],
      [{ op: 'copy', path: '/a' }, "'from' is not a string"],
      [{ op: 'spam', path: '/a' }, "'op' is none of add, remove, replace, move, copy, test"],
      [{ path: '/a' }, "'op' is none of add, remove, replace, move, copy, test"],
      [{ op: 'remove', path: '/gone' }, "no place '/gone'"],
      [{ op: 'replace', path: '/gone', value: 1 }, "no place '/gone'"],
      [{ op: 'add', path: '/gone/a', value: 1 }, "no object or array at '/gone'"],
      [{ op: 'add', path: '/text/a', value: 1 }, "no object or array at '/text'"],
      [{ op: 'test', path: '/text/length', value: 1 }, "no object or array at '/text'"],
      [{ op: 'move', from: '/deep', path: '/deep/b/c' }, 'a value cannot be moved into itself'],
      [{ op: 'move', from: '', path: '/a' }, 'a value cannot be moved into itself'],
    ]
    for (const [operation, text] of faults) {
      expect(faultIn({ text: 'x', deep: { b: {} } }, fine, operation)).toBe(
        `PATCH_FAILED: operation 1: ${text}`,
      )
    }
  })

  it('does not take names for array indexes', () => {
    for (const name of ['3', '-1', '01', '1e0', ' 1', '1.0', 'a', '', 'length', 'push']) {
      expect(faultIn({ l: [1, 2] }, { op: 'add', path: `/l/${name}`, value: 0 })).toContain('no place')
    }
    for (const name of ['2', '-', '-1', '00', 'length']) {
      const path = `/l/${name}`
      expect(faultIn({ l: [1, 2] }, { op: 'replace', path, value: 0 })).toContain('no place')
      expect(faultIn({ l: [1, 2] }, { op: 'remove', path })).toContain('no place')
      expect(faultIn({ l: [1, 2] }, { op: 'copy', from: path, path: '/x' })).toContain('no place')
    }
  })

  it('shows no control characters of the pointer', () => {
    expect(faultIn({}, { op: 'remove', path: '/a\r\nb' })).toBe(
      "PATCH_FAILED: operation 0: no place '/a\\x0d\\x0ab'",
    )
  })
})

describe('names that JavaScript gives a meaning', () => {
  it('never reach a prototype or a function', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
    for (const one of names) {
      for (const other of [...names, 'polluted']) {
        const path = `/${one}/${other}`
        expect(faultIn({}, { op: 'add', path, value: 1 })).toMatch(/no object or array|not allowed/)
        expect(faultIn([], { op: 'add', path, value: 1 })).toMatch(/no object or array|not allowed/)
        expect(faultIn({}, { op: 'copy', from: path, path: '/a' })).toMatch(/no object or array|not allowed/)
      }
      expect(faultIn({}, { op: 'copy', from: `/${one}`, path: '/a' })).toMatch(/no place|not allowed/)
    }
    expect(({} as any).polluted).toBeUndefined()
    expect((Object.prototype.toString as any).polluted).toBeUndefined()
  })

  it('are plain members where JSON has them', () => {
    const body = { constructor: 'McLaren', prototype: { toString: 1 } }
    const patch = [
      { op: 'replace', path: '/constructor', value: { constructor: 'Ferrari' } },
      { op: 'copy', from: '/constructor', path: '/prototype/constructor' },
      { op: 'add', path: '/valueOf', value: 2 },
      { op: 'remove', path: '/prototype/toString' },
    ]
    expect(patched(body, ...patch)).toEqual({
      constructor: { constructor: 'Ferrari' },
      prototype: { constructor: { constructor: 'Ferrari' } },
      valueOf: 2,
    })
  })

  it("are refused when they are '__proto__', in the patch and in the body", () => {
    const value = JSON.parse('{"a":{"__proto__":{"polluted":1}}}')
    expect(faultIn({}, { op: 'add', path: '/a', value })).toContain("the value has the name '__proto__'")
    expect(faultIn({}, { op: 'add', path: '/__proto__', value: {} })).toContain("the name '__proto__'")
    expect(faultOf(() => patchText('{"__proto__":{}}'))).toContain(
      "the response body has the name '__proto__'",
    )
  })
})

describe('the size of what a patch makes', () => {
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

  it('is bounded in depth', () => {
    expect(patched({}, { op: 'add', path: '/a', value: nested(255) })).toEqual({ a: nested(255) })
    expect(faultIn({}, { op: 'add', path: '/a', value: nested(256) })).toBe(
      'PATCH_FAILED: the patched body is deeper than 256',
    )
    expect(faultIn({}, { op: 'add', path: '/a', value: nested(100_000) })).toBe(
      'PATCH_FAILED: operation 0: the value is deeper than 256',
    )
    expect(faultOf(() => patchText('['.repeat(100_000) + ']'.repeat(100_000)))).toBe(
      'PATCH_FAILED: the response body is deeper than 256',
    )
  })

  it('is bounded in length, also when every operation doubles it', () => {
    const double = { op: 'copy', from: '', path: '/-' }
    expect(faultIn(['x'.repeat(1000)], ...Array(64).fill(double))).toMatch(
      /^PATCH_FAILED: operation 1\d: the value is too large$/,
    )
    expect(
      faultIn({ a: 'x'.repeat(100_000) }, ...Array(10_000).fill({ op: 'copy', from: '/a', path: '/b' })),
    ).toContain('the value is too large')
  })

  it('costs time that grows with the length of arrays that a test compares, not with its square', () => {
    const list = Array.from({ length: 50_000 }, (_, i) => i)
    const started = performance.now()
    expect(faultIn(list, { op: 'test', path: '', value: [...list].reverse() })).toContain('another one')
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('patches of any publisher', () => {
  const name = fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      '',
      '0',
      '1',
      '-',
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'length',
    ),
    fc.string({ maxLength: 3 }),
  )
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(0, 1, 'x', null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 3 }),
    ),
  })).value
  const body = fc.oneof(fc.array(json, { maxLength: 3 }), fc.dictionary(name, json, { maxKeys: 3 }))
  const escaped = name.map((text) => text.replaceAll('~', '~0').replaceAll('/', '~1'))
  const pointer = fc.oneof(
    fc.array(escaped, { maxLength: 3 }).map((names) => names.map((one) => `/${one}`).join('')),
    fc.string({ maxLength: 4 }),
  )
  const operation = fc.oneof(
    fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
        path: pointer,
        from: pointer,
        value: json,
      },
      { requiredKeys: ['op', 'path'] },
    ),
    json,
  )
  const prototypes = () =>
    JSON.stringify(
      [Object.prototype, Array.prototype, Function.prototype].map((one) => Reflect.ownKeys(one).length),
    )

  it('give JSON or an error with a code, and change nothing else', () => {
    const before = prototypes()
    fc.assert(
      fc.property(body, fc.array(operation, { maxLength: 4 }), (value, patch) => {
        const text = JSON.stringify(value)
        const published = JSON.stringify(patch)
        try {
          expect(JSON.parse(patchText(text, ...patch))).toBeTypeOf('object')
        } catch (error) {
          if (!(error instanceof HoldfastError)) throw error
          expect(error.code).toBe('PATCH_FAILED')
          expect(error.message).toMatch(/^[^\x00-\x1f\x7f]+$/)
        }
        expect(JSON.stringify(patch)).toBe(published)
        expect(prototypes()).toBe(before)
      }),
      { numRuns: 3000 },
    )
  })

  it('lead from any body to any other', () => {
    const safe = fc.oneof(
      fc.array(fc.jsonValue({ noUnicodeString: false, maxDepth: 3 }), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
    )
    const isPlain = (value: unknown) => !/"(__proto__|)":/.test(JSON.stringify(value))
    fc.assert(
      fc.property(safe.filter(isPlain), safe.filter(isPlain), (one, other) => {
        // Through JSON, because -0 is 0 there.
        const [from, to] = JSON.parse(JSON.stringify([one, other]))
        expect(patched(from, ...createPatch(from, to))).toEqual(to)
      }),
      { numRuns: 300 },
    )
  })
})
