import { describe, expect, test } from 'vitest'
import { parseRoutes } from '../../src/route/parseRoutes.ts'

describe('a routes file', () => {
  test('loads the lines around a bad one, which it names', () => {
    const text = '# routes\n\na.com a:1\nb.com b\nc.com c:1 # third\n'
    const { routes, problems } = parseRoutes(text)
    expect(routes.map((route) => route.domain)).toEqual(['a.com', 'c.com'])
    expect(problems).toEqual([{ line: 4, message: "target bad format: 'b'", severity: 'skipped' }])
  })

  test('loads a doubtful line with a warning', () => {
    const { routes, problems } = parseRoutes('* a:1,sll')
    expect(routes).toHaveLength(1)
    expect(problems).toEqual([{ line: 1, message: "unknown property 'sll' is ignored", severity: 'warning' }])
  })

  test('may have a byte order mark and Windows line ends', () => {
    const { routes, problems } = parseRoutes('\ufeffa.com a:1\r\nb.com b:1\r\n')
    expect(problems).toEqual([])
    expect(routes.map((route) => [route.domain, route.targets[0]])).toMatchObject([
      ['a.com', { port: 1 }],
      ['b.com', { port: 1 }],
    ])
  })

  test.each([
    ['* a:1', '* b:1'],
    ['a.com a:1', 'A.com,id=other b:1'],
    ['a.com,ssl=yes,proto=ws,path_beg=/x a:1', 'a.com,proto=ws,path_beg=/x,ssl=yes,debug b:1'],
  ])('skips the second of two lines with the same condition: %s | %s', (first, second) => {
    const { routes, problems } = parseRoutes(`${first}\n${second}`)
    expect(routes.map((route) => route.targets[0])).toMatchObject([{ host: 'a' }])
    expect(problems).toEqual([{ line: 2, message: 'skipping duplicate condition', severity: 'skipped' }])
  })

  test.each([
    ['a.com a:1', 'a.com,ssl=no b:1'],
    ['a.com,ssl=yes a:1', 'a.com,ssl=no b:1'],
    ['a.com,proto=http a:1', 'a.com,proto=ws b:1'],
    ['a.com,path_beg=/x a:1', 'a.com,path_beg=/y b:1'],
    [',id=a a:1', ',id=b b:1'],
    ['* a:1', '*.a.com b:1'],
  ])('keeps two lines whose conditions differ: %s | %s', (first, second) => {
    const { routes, problems } = parseRoutes(`${first}\n${second}`)
    expect(routes).toHaveLength(2)
    expect(problems).toEqual([])
  })

  test('that is empty has no routes and no problems', () => {
    expect(parseRoutes('')).toMatchObject({ routes: [], problems: [] })
  })
})
