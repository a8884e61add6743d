import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addCorsHeaders } from '../../../src/proxy/crossOrigin/corsHeaders.ts'
import { getAllHeaders } from '../../../src/util/headers.ts'

const ALWAYS = ['origin', 'methods', 'credentials'].map((name) => `access-control-allow-${name}`)
ALWAYS.push('access-control-max-age')

describe('the CORS fields of a response', () => {
  it('open it to every site when the request says nothing', () => {
    expect(addCorsHeaders(['Content-Type', 'text/plain'], [])).toEqual([
      ...['Content-Type', 'text/plain'],
      ...['Access-Control-Allow-Methods', 'OPTIONS, HEAD, GET, POST, PUT, DELETE'],
      ...['Access-Control-Allow-Credentials', 'true'],
      ...['Access-Control-Max-Age', '3600'],
      ...['Access-Control-Allow-Origin', '*'],
      ...['Vary', 'Origin'],
    ])
  })

  it('allow what a preflight request asks for', () => {
    const headers = addCorsHeaders(
      [],
      [
        ...['origin', 'https://app.test'],
        ...['access-control-request-method', 'PATCH'],
        ...['Access-Control-Request-Headers', 'X-One,  x-two,'],
        ...['Access-Control-Request-Headers', 'X-Three'],
      ],
    )
    expect(getAllHeaders(headers, 'access-control-allow-origin')).toEqual(['https://app.test'])
    expect(getAllHeaders(headers, 'access-control-allow-methods')).toEqual(['PATCH'])
    expect(getAllHeaders(headers, 'access-control-allow-headers')).toEqual(['X-One, x-two, X-Three'])
  })

  it('expose the fields that scripts could not read otherwise, each once', () => {
    const response = [
      ...[
        'X-A',
        '1',
        'x-a',
        '2',
        'Link',
        'l',
        'content-type',
        'a/b',
        'Cache-Control',
        'no-store',
        'ETag',
        'e',
      ],
      ...[
        'Content-Language',
        'en',
        'Content-Length',
        '1',
        'Expires',
        '0',
        'Last-Modified',
        'x',
        'Pragma',
        'x',
      ],
      ...['Grip-X', 'x', 'Access-Control-X', 'x', 'Content-Encoding', 'identity'],
    ]
    expect(getAllHeaders(addCorsHeaders(response, []), 'access-control-expose-headers')).toEqual([
      'X-A, Link, ETag, Content-Encoding',
    ])
    expect(getAllHeaders(addCorsHeaders([], []), 'access-control-expose-headers')).toEqual([])
  })

  it('never stand beside those that the origin has set', () => {
    const response = [
      ...['access-control-allow-origin', 'https://one.test'],
      ...['Access-Control-Allow-Methods', 'GET'],
      ...['Access-Control-Allow-Headers', 'X-Mine'],
      ...['Access-Control-Expose-Headers', 'X-Mine'],
      ...['Access-Control-Allow-Credentials', 'false'],
      ...['Access-Control-Max-Age', '1', 'X-Other', 'x'],
    ]
    const request = ['Origin', 'https://two.test', 'Access-Control-Request-Headers', 'X-A']
    expect(addCorsHeaders(response, request)).toEqual(response)
  })

  it('tell caches that the answer is for one site, once', () => {
    const varying = (...vary: string[]) =>
      getAllHeaders(
        addCorsHeaders(
          vary.flatMap((value) => ['Vary', value]),
          ['Origin', 'https://a.test'],
        ),
        'vary',
      )
    expect(varying()).toEqual(['Origin'])
    expect(varying('Cookie')).toEqual(['Cookie', 'Origin'])
    expect(varying('Cookie', 'Accept, origin')).toEqual(['Cookie', 'Accept, origin'])
    expect(varying('*')).toEqual(['*'])
  })

  it('come once each, whatever is there', () => {
    const name = fc.constantFrom(
      'Origin',
      'Vary',
      'X-A',
      'Access-Control-Allow-Origin',
      'access-control-max-age',
    )
    const fields = fc.array(fc.tuple(name, fc.constantFrom('', 'a', 'Origin, b', '*')), { maxLength: 6 })
    fc.assert(
      fc.property(fields, fields, (response, request) => {
        const before = response.flat()
        const headers = addCorsHeaders(before, request.flat())
        expect(headers.slice(0, before.length)).toEqual(before)
        for (const lowerName of ALWAYS) {
          const own = getAllHeaders(before, lowerName)
          expect(getAllHeaders(headers, lowerName)).toHaveLength(Math.max(own.length, 1))
        }
      }),
    )
  })
})
