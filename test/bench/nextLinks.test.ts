import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../bench/nextLinks.mjs', import.meta.url))
const STREAMS = process.env['HOLDFAST_NEXT_LINK_STREAMS'] ?? '400'

it(`an origin whose next links all fall due together, for ${STREAMS} streams, is asked no more than 100 at once`, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    PROGRAM,
    '--streams',
    STREAMS,
    '--rounds',
    '2',
    '--timeout',
    '3',
  ])
  console.info(stdout)
  const most = Number(/^at once at the origin: (\d+), bound 100;/m.exec(stdout)?.[1])
  expect(most).toBeGreaterThan(10)
  expect(most).toBeLessThanOrEqual(100)
}, 120_000)
