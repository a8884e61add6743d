import { defineConfig } from 'vitest/config'
import { reporters } from './test/support/reporters.ts'
import { retry } from './test/support/retry.ts'

export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**', 'node_modules/**'],
    testTimeout: 15_000,
    // The server of a file is built when it is first started, and other files of the suite start theirs at the same time.
    hookTimeout: 40_000,
    maxWorkers: 2,
    retry,
  },
})
