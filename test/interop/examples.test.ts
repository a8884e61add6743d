import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runProgram } from './support/programs.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))

describe('examples/kick-user', () => {
  it('kicks 300 of 300 users a second, each within 20 ms in 99 of 100 cases', {
    timeout: 60_000,
  }, async () => {
    const { code, output } = await runProgram(process.execPath, [`${EXAMPLES}kick-user/run.mjs`], 50_000)
    expect(output).toMatch(/^1200 kicks, [\s\S]*nobody missed an item\.$/m)
    expect(code, output).toBe(0)
  })
})
