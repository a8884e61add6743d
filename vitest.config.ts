import { defineConfig } from 'vitest/config'
import { reporters } from './test/support/reporters.ts'

export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**', 'node_modules/**'],
    testTimeout: 15_000,
    maxWorkers: 2,
  },
})
