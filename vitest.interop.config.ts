import { defineConfig } from 'vitest/config'
import { reporters } from './test/support/reporters.ts'
import { retry } from './test/support/retry.ts'

/** The examples measure latencies: whatever runs beside them would be measured too. */
const MEASURED = 'test/interop/examples.test.ts'

/** Runs what needs other people's programs and libraries; see test/interop/README.md. */
export default defineConfig({
  test: {
    reporters: reporters(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    retry,
    projects: [
      { extends: true, test: { name: 'measured', include: [MEASURED], sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'others',
          include: ['test/interop/**/*.test.ts'],
          exclude: [MEASURED, 'node_modules/**'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
