/**
 * Runs the test suite on a checkout in any state:
 *
 *     node tools/test.mjs [arguments for vitest]
 */
import { ensureReady } from './ensureReady.mjs'
import { runModule } from './lib/project.mjs'

ensureReady()
process.exitCode = runModule('vitest/vitest.mjs', ['run', ...process.argv.slice(2)])
