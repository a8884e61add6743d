import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { TestProcess } from './support/process.ts'

const project = fileURLToPath(new URL('..', import.meta.url))

let program: TestProcess | undefined
beforeAll(() => {
  spawnSync(process.execPath, ['tools/ensureReady.mjs'], { cwd: project })
})
afterEach(() => program?.stop())

/** Runs the text of a module in the project, where the package can be imported by its name. */
function runModule(text: string): TestProcess {
  return new TestProcess(process.execPath, ['--input-type=module', '--eval', text], { cwd: project })
}

it('the package gives its names to those who import it', async () => {
  program = runModule("console.log(Object.keys(await import('holdfast')).sort().join(' '))")
  expect(await program.exited()).toBe(0)
  expect(program.output).toBe('HoldfastError createLog createServer loadConfig startServer\n')
})

it('the example of the README holds a client and publishes to it', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = /## Inside your own program\n\n```js\n(.*?)```/s.exec(readme)?.[1] ?? ''
  program = runModule(`${example.replace('listen(8080)', 'listen(0)')}
    let seen = ''
    for await (const chunk of (await fetch(server.url)).body) {
      seen += Buffer.from(chunk)
      if (seen.includes('data: hello')) break
    }
    console.log(seen)
    process.exit()
  `)
  expect(await program.exited()).toBe(0)
  expect(program.output).toContain(': welcome\n\ndata: hello\n\n')
})

it('a program that imports the package can still send what it could send before', async () => {
  program = runModule(`
    import 'holdfast'
    import { createServer } from 'node:http'
    const server = createServer((request, response) => response.end(request.headers['content-length'])).listen(0)
    const url = 'http://127.0.0.1:' + server.address().port
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Length': '5' }, body: 'hello' })
    console.log(await answer.text())
    process.exit()
  `)
  expect(await program.exited()).toBe(0)
  expect(program.output).toBe('5\n')
})
