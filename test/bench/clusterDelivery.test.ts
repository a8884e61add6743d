import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { itNeedsNats } from '../support/natsServer.ts'
import { ensureBuilt } from '../support/runHoldfast.ts'

const PROGRAM = fileURLToPath(new URL('../../bench/clusterDelivery.mjs', import.meta.url))
const ITEMS = process.env['HOLDFAST_DELIVERY_ITEMS'] ?? '10000'
const itDelivers = itNeedsNats(it)

beforeAll(() => ensureBuilt())

describe(`${ITEMS} items that are published in turn on three nodes of two workers, with a stream,`, () => {
  itDelivers.each([
    ['of a chain', []],
    ['without ids', ['--no-chain']],
  ])(
    '%s, reach five clients on all of them, none lost, doubled or out of order',
    async (_name, flags) => {
      const args = [PROGRAM, `--items=${ITEMS}`, ...flags]
      const { stdout } = await promisify(execFile)(process.execPath, args)
      expect(stdout).toContain(`seen in an unbroken row: ${Array(5).fill(ITEMS).join(', ')}; faults: 0`)
    },
    1_200_000,
  )
})
