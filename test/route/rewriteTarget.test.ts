import { describe, expect, test } from 'vitest'
import { rewriteTarget } from '../../src/route/rewriteTarget.ts'
import { routeOf } from '../support/routeOf.ts'

describe('the path that an origin sees', () => {
  test.each([
    ['', '/a?b', '/a?b'],
    ['path_rem=2', '/a/b?c', '/b?c'],
    ['path_rem=1', '/a/b', '/a/b'],
    ['path_rem=99', '/a/b?c=/d', '/?c=/d'],
    ['path_rem=2', '/a', '/'],
    ['path_rem=-1', '/a', '/a'],
    ['path_beg=/a,replace_beg=/b', '/a/x?y', '/b/x?y'],
    ['path_beg=/a/,replace_beg=/', '/a/x', '/x'],
    ['path_beg=/a,replace_beg=/', '/a/x', '//x'],
    ['path_beg=/a,replace_beg=', '/a?x', '/?x'],
    ['path_beg=/a,replace_beg=b', '/ac', '/bc'],
    ['replace_beg=/pre', '/a', '/pre/a'],
    ['path_rem=2,replace_beg=/pre', '/a/b', '/pre/a/b'],
    ['path_beg=/a,replace_beg=/b', '/a%2Fc', '/b%2Fc'],
    ['replace_beg=/pre', '*', '*'],
  ])('with %j: %s becomes %s', (props, target, expected) => {
    expect(rewriteTarget(routeOf(`*,id=x${props && `,${props}`} host:80`), target)).toBe(expected)
  })
})
