import { defineConfig } from 'vitest/config'
import { reporters } from './test/support/reporters.ts'
import { retry } from './test/support/retry.ts'

/** Runs what needs other people's programs and libraries; see test/interop/README.md. */
export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/interop/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry,
    // One file after the other: the examples measure latencies, and a browser beside them would be measured too.
    fileParallelism: false,
  },
})
