import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Option } from '../../src/config/option.ts'
import { handlerOptions } from '../../src/config/options/handlerOptions.ts'
import { proxyOptions } from '../../src/config/options/proxyOptions.ts'
import { runnerOptions } from '../../src/config/options/runnerOptions.ts'

const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('](../test/'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, what, option, initial, , shownBy]) => ({
    what,
    option: option!,
    initial: initial!,
    shownBy: shownBy!,
  }))

const declared = new Map<string, Option<unknown>>()
for (const section of [runnerOptions, proxyOptions, handlerOptions]) {
  for (const option of Object.values(section) as Option<unknown>[]) declared.set(option.key, option)
}

describe('the page of limits', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(20)
  })

  it.each(rows.filter(({ option }) => option.startsWith('`')))(
    'says of "$what" what is declared',
    ({ option, initial }) => {
      const known = declared.get(option.replaceAll('`', ''))
      expect(known, option).toBeDefined()
      expect(initial).toBe(known?.default === undefined ? 'none' : `\`${known.default}\``)
    },
  )

  it.each(rows)('names a test of "$what" that exists', ({ shownBy }) => {
    const [, path, name] = /\]\((\.\.\/test\/[^)]+)\): \*(.+)\*$/.exec(shownBy) ?? []
    const url = new URL(`../../docs/${path}`, import.meta.url)
    const sources =
      path === '../test/security/requests.test.ts' ? [new URL('./requests/sizes.ts', url)] : [url]
    expect(sources.map((source) => readFileSync(source, 'utf8')).join('')).toContain(`${name}'`)
  })
})
