import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
// @ts-expect-error: the tools are plain JavaScript
import { findDeadLinks } from '../../tools/lib/deadLinks.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-links-'))
  mkdirSync(join(folder, 'docs'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function deadLinksOf(text: string): string[] {
  writeFileSync(join(folder, 'docs', 'page.md'), text)
  return findDeadLinks(folder, ['docs/page.md'])
}

it('a link to a file that is not there is named with its page', () => {
  const text = '[gone](gone.md), [again](../gone.md#part) and [itself](page.md)'
  expect(deadLinksOf(text)).toEqual([
    'docs/page.md: there is no gone.md',
    'docs/page.md: there is no ../gone.md#part',
  ])
})

it.each([
  '[a](https://a.test/b)',
  '[a](#part)',
  '[a](page.md#part)',
  '[a](.)',
  '`[a](b.md)`',
  '```\n[a](b.md)\n```\n',
])('%j is no dead link', (text) => {
  expect(deadLinksOf(text)).toEqual([])
})
