import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonpEncodable, JsonpEncoder, jsonpHead } from '../../../src/proxy/crossOrigin/jsonpResponse.ts'

const head = (headers: string[] = [], status = 200, reason = 'OK') => ({ status, reason, headers })
const EXTENDED = { callback: 'cb', mode: 'extended' } as const
const BASIC = { callback: 'cb', mode: 'basic' } as const

interface Wrapping {
  readonly callback: string
  readonly mode: 'basic' | 'extended'
}

function scriptOf(wrapping: Wrapping, body: string | Buffer, inner = head()): string {
  return scriptInParts(wrapping, [Buffer.from(body as string)], inner).toString()
}

function scriptInParts(wrapping: Wrapping, parts: readonly Buffer[], inner = head()): Buffer {
  const encoder = new JsonpEncoder(wrapping)
  return Buffer.concat([encoder.start(inner), ...parts.map((part) => encoder.update(part)), encoder.end()])
}

/** What the page's callback is called with. */
function called(script: string): any {
  const calls: unknown[] = []
  runInNewContext(script, { cb: (value: unknown) => calls.push(value) })
  expect(calls).toHaveLength(1)
  return calls[0]
}

describe('an extended JSON-P response', () => {
  it('calls back with status, fields and body', () => {
    expect(scriptOf(EXTENDED, 'a "b"\n', head(['X-B', 'é', 'X-A', '1'], 404, 'Not Found'))).toBe(
      '/**/cb({"code": 404, "reason": "Not Found", "headers": {"X-A":"1","X-B":"é"}, "body": "a \\"b\\"\\n"});\n',
    )
  })

  it('joins the values of a field, and leaves Set-Cookie to the browser', () => {
    const inner = head(['Vary', 'a', 'set-cookie', 's=1', 'vary', 'b', 'Set-Cookie', 't=2'])
    expect(called(scriptOf(EXTENDED, '', inner)).headers).toEqual({ Vary: 'a, b' })
  })

  it('reads UTF-8 in fields and reason', () => {
    const { reason, headers } = called(
      scriptOf(EXTENDED, '', head(['X-A', '\xc3\xa9', 'X-B', '\xe9'], 200, '\xc3\xa9')),
    )
    expect([reason, headers]).toEqual(['é', { 'X-A': 'é', 'X-B': 'é' }])
  })

  it('cannot end a script element or a string', () => {
    const text = '</script><!--\u2028\u2029'
    const script = scriptOf(EXTENDED, text, head(['X-A', text.slice(0, 13)], 200, '</script>'))
    expect(script).not.toMatch(/[<\u2028\u2029]/)
    expect(called(script)).toMatchObject({
      body: text,
      reason: '</script>',
      headers: { 'X-A': '</script><!--' },
    })
  })

  it('shows bytes that are not UTF-8 as replacement characters', () => {
    expect(called(scriptOf(EXTENDED, Buffer.from([0x61, 0xff, 0xc3]))).body).toBe('a\ufffd\ufffd')
  })

  it('is the same however the body is cut, and brings any text back', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('<', '/', '\u2028', '☃', '😀', '\n', '"', '\\')).map((list) => list.join('')),
    )
    fc.assert(
      fc.property(text, fc.array(fc.nat(40), { maxLength: 5 }), (body, cuts) => {
        const bytes = Buffer.from(body)
        const whole = scriptOf(EXTENDED, bytes)
        expect(called(whole).body).toBe(bytes.toString())
        expect(scriptInParts(EXTENDED, cutAt(bytes, cuts)).toString()).toBe(whole)
      }),
    )
  })
})

describe('a basic JSON-P response', () => {
  it('calls back with the body as it is, less one newline at its end', () => {
    expect(scriptOf(BASIC, '{"a": [1]}')).toBe('/**/cb({"a": [1]});\n')
    expect(scriptOf(BASIC, '1\n')).toBe('/**/cb(1);\n')
    expect(scriptOf(BASIC, '1\r\n')).toBe('/**/cb(1);\n')
    expect(scriptOf(BASIC, '1\n\n')).toBe('/**/cb(1\n);\n')
    expect(scriptOf(BASIC, '1\n\r\n')).toBe('/**/cb(1\n);\n')
    expect(scriptOf(BASIC, '1\r')).toBe('/**/cb(1\r);\n')
    expect(scriptOf(BASIC, '')).toBe('/**/cb();\n')
  })

  it('cannot end a script element or a string', () => {
    const value = ['</script>', '\u2028\u2029', '<', '/']
    const script = scriptOf(BASIC, JSON.stringify(value))
    expect(script).not.toMatch(/<\/|[\u2028\u2029]/)
    expect(called(script)).toEqual(value)
  })

  it('leaves bytes that are not UTF-8 as they are', () => {
    const body = Buffer.from([0x22, 0xff, 0xe2, 0x80, 0x22, 0xe2])
    expect(scriptInParts(BASIC, [body])).toEqual(
      Buffer.concat([Buffer.from('/**/cb('), body, Buffer.from(');\n')]),
    )
  })

  it('is the same however the body is cut, and brings any JSON back', () => {
    const piece = fc.constantFrom(
      '<',
      '/',
      '</',
      '\u2028',
      '\u2029',
      '\u202a',
      'é',
      '\n',
      '\r',
      '\r\n',
      'a',
      '\xe2',
    )
    const text = fc.array(piece, { maxLength: 10 }).map((list) => list.join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(30), { maxLength: 6 }), (body, cuts) => {
        for (const bytes of [Buffer.from(body), Buffer.from(body, 'latin1')]) {
          expect(scriptInParts(BASIC, cutAt(bytes, cuts))).toEqual(scriptInParts(BASIC, [bytes]))
        }
        expect(called(scriptOf(BASIC, `${JSON.stringify([body])}\r\n`))).toEqual([body])
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the head of a JSON-P response', () => {
  const inner = [
    ...['Cache-Control', 'no-store', 'Content-Type', 'text/plain', 'Content-Length', '1', 'ETag', '"e"'],
    ...['Set-Cookie', 's=1', 'X-A', '1', 'X-Content-Type-Options', 'x', 'Last-Modified', 'x'],
  ]
  const own = ['Content-Type', 'application/javascript', 'X-Content-Type-Options', 'nosniff']

  it('is that of a script that was found, with the caching of a relayed answer', () => {
    expect(jsonpHead(inner, 'relayed')).toEqual(head(['Cache-Control', 'no-store', ...own]))
  })

  it('has the fields of what answers a hold, but for those of the bytes within', () => {
    expect(jsonpHead(inner, 'held')).toEqual(
      head(['Cache-Control', 'no-store', 'Set-Cookie', 's=1', 'X-A', '1', ...own]),
    )
  })

  it('cannot be made for an encoded body', () => {
    expect(isJsonpEncodable(['Content-Encoding', 'gzip'])).toBe(false)
    expect(isJsonpEncodable(['content-encoding', 'Identity'])).toBe(true)
    expect(isJsonpEncodable([])).toBe(true)
  })
})

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, 0, bytes.length].map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b)
  return ends.slice(1).map((end, index) => bytes.subarray(ends[index], end))
}
