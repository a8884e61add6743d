import { describe, expect, it } from 'vitest'
import { faultOf, instruct } from '../support.ts'

const links = (...values: string[]) => {
  const { nextLink, goneLink } = instruct(values.flatMap((value) => ['Grip-Link', value]))
  return { nextLink, goneLink }
}

describe('Grip-Link', () => {
  it('names the next and the gone link', () => {
    expect(links('</next>; rel=next; timeout=30, <https://a.example/gone>; rel="gone"')).toEqual({
      nextLink: { url: '/next', timeoutSeconds: 30 },
      goneLink: { url: 'https://a.example/gone' },
    })
  })

  it('waits 120 seconds by default and 1 at least', () => {
    expect(links('</n>; rel=next').nextLink?.timeoutSeconds).toBe(120)
    expect(links('</n>; rel=next; timeout=0').nextLink?.timeoutSeconds).toBe(1)
  })

  it('keeps the last link of each relation', () => {
    expect(links('</1>; rel=next; timeout=5, </2>; rel=next', '</3>; rel=gone', '</4>; rel=gone')).toEqual({
      nextLink: { url: '/2', timeoutSeconds: 120 },
      goneLink: { url: '/4' },
    })
  })

  it('takes commas and semicolons in URLs', () => {
    expect(links('</n?ids=1,2;x=3>; rel=next, </g;v=1>; rel=gone')).toEqual({
      nextLink: { url: '/n?ids=1,2;x=3', timeoutSeconds: 120 },
      goneLink: { url: '/g;v=1' },
    })
  })

  it.each(['/a', '../a', 'a/b', '?q=1', '//other.example/a', 'http://a.example:81/', '/caf\xc3\xa9'])(
    'takes the URL %s',
    (url) => expect(links(`<${url}>; rel=gone`).goneLink?.url).toBe(url.replace('\xc3\xa9', 'é')),
  )

  it('passes over elements without parameters, bad quoting and unknown relations', () => {
    const none = { nextLink: undefined, goneLink: undefined }
    expect(links('nonsense', '</a>; rel="next', '</a>; rel=prev', '</a>; rel=Next', '</a>; x=1', '')).toEqual(
      none,
    )
  })

  it.each(['/a; rel=next', '<>; rel=next', '<; rel=next', '</a; rel=next', '</a>b; rel=next', '; rel=next'])(
    'cannot be %j',
    (value) => expect(faultOf(() => links(value))).toBe('INSTRUCT_INVALID: failed to parse Grip-Link value'),
  )

  it.each(['<http://>; rel=next', '<mailto:a@b.example>; rel=next', '<http://a:b/>; rel=other'])(
    'cannot lead to %j',
    (value) => expect(faultOf(() => links(value))).toBe('INSTRUCT_INVALID: Grip-Link contains invalid link'),
  )

  it('cannot have a bad timeout', () => {
    expect(faultOf(() => links('</a>; rel=next; timeout=x'))).toBe(
      'INSTRUCT_INVALID: failed to parse Grip-Link timeout value',
    )
    expect(faultOf(() => links('</a>; rel=next; timeout=-1'))).toBe(
      'INSTRUCT_INVALID: Grip-Link timeout has invalid value',
    )
  })

  it('needs no timeout for a gone link', () => {
    expect(links('</a>; rel=gone; timeout=x').goneLink).toEqual({ url: '/a' })
  })
})
