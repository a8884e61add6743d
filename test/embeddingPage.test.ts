import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { TestProcess } from './support/process.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const page = read('docs/embedding.md')

beforeAll(() => {
  spawnSync(process.execPath, ['tools/ensureReady.mjs'], { cwd: project })
}, 60_000)

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}

/** The examples of a source's JSDoc, with what they import. */
function examplesIn(path: string, imports: string): string[] {
  const blocks = read(path).matchAll(/@example\n \* ```ts\n(.*?) \* ```/gs)
  return [...blocks].map(([, text]) => `${imports}\n${text?.replace(/^ \* ?/gm, '')}`)
}

/** What a program says that it prints: comments behind a `console.log`, or on lines of their own behind a loop. */
function promised(program: string): string {
  const lines = program.match(/(?<=console\.log\(.*\) \/\/ ).*|(?<=^\/\/ ).*/gm) ?? []
  return lines.filter((line) => !/^[A-Z]/.test(line)).join('\n')
}

const programs = [
  ...[...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, text = '']) => ['docs/embedding.md', text] as const),
  ...examplesIn('src/server/embedded/embeddedServer.ts', "import { createServer } from 'holdfast'").map(
    (text) => ['the example of createServer', text] as const,
  ),
  ...examplesIn('src/testing/testServer.ts', "import { startTestServer } from 'holdfast/testing'").map(
    (text) => ['the example of startTestServer', text] as const,
  ),
]

it('there is code to check', () => {
  expect(programs).toHaveLength(7)
})

it.each(programs)('%s does what it says, and ends', async (_place, text) => {
  const program = new TestProcess(process.execPath, ['--input-type=module', '--eval', text], { cwd: project })
  expect([await program.exited(), program.output]).toEqual([0, expect.anything()])
  if (text.includes('node:test')) expect(program.output).toMatch(/pass 1\n/)
  else expect(program.output.trim().split('\n').sort()).toEqual(promised(text).split('\n').sort())
})
