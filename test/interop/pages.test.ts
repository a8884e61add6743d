import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { PageRunner } from '../support/pageRunner.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it.each([
  ['README.md', 8],
  ['docs/tutorial.md', 25],
])(
  '%s does what it says',
  async (page, steps) => {
    expect(await new PageRunner(root, page).run()).toBeGreaterThanOrEqual(steps)
  },
  180_000,
)
