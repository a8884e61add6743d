import { defineConfig } from 'vitest/config'
import { reporters } from './test/support/reporters.ts'
import { retry } from './test/support/retry.ts'

/** Tests of parts, which start no server. */
const PARTS =
  'test/{accept,cluster,config,contracts,demo,grip,hold,hub,ingress,observe,origin,proxy,route,server,stats,util,zeroMq}/**/*.test.ts'

export default defineConfig({
  test: {
    reporters: reporters(),
    testTimeout: 15_000,
    // The server of a file is built when it is first started, and other files of the suite start theirs at the same time.
    hookTimeout: 40_000,
    maxWorkers: 2,
    retry,
    projects: [
      // Their files share a process: to start another one for each takes longer than most of them.
      { extends: true, test: { name: 'parts', include: [PARTS], isolate: false } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: [PARTS, 'test/interop/**', 'node_modules/**'],
        },
      },
    ],
  },
})
