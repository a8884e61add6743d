import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { wholeLines } from '../../src/accept/wholeLines.ts'

const directory = mkdtempSync(join(tmpdir(), 'whole-lines-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function partsOf(text: string): Promise<string[]> {
  const path = join(directory, 'table')
  writeFileSync(path, text)
  const parts: string[] = []
  for await (const part of wholeLines(path)) parts.push(part)
  return parts
}

it('gives a long table in several parts, no line of it cut', async () => {
  const text = Array.from({ length: 20_000 }, (_, n) => `${n}: 0100007F:1F3F\n`).join('')
  const parts = await partsOf(text)
  expect(parts.length).toBeGreaterThan(2)
  expect(parts.every((part) => part.endsWith('\n'))).toBe(true)
  expect(parts.join('')).toBe(text)
})

it('gives a last line that has no end', async () => {
  expect((await partsOf('one\ntwo')).join('')).toBe('one\ntwo')
  expect(await partsOf('')).toEqual([])
})
