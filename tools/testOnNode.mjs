/**
 * Runs the test suite on another major version of Node, taken from the npm registry for this one run:
 *
 *     node tools/testOnNode.mjs 22 [arguments for vitest]
 */
import { runInherited, withNode } from './lib/otherNode.mjs'
import { inProject } from './lib/project.mjs'

function main([major, ...vitestArguments]) {
  if (!/^\d+$/.test(major ?? ''))
    throw new Error('Usage: node tools/testOnNode.mjs MAJOR [arguments for vitest]')
  withNode(major, (node, env) => {
    const vitest = inProject('node_modules', 'vitest', 'vitest.mjs')
    runInherited(node, ['--version'], { env })
    runInherited(node, [vitest, 'run', ...vitestArguments], { cwd: inProject(), env })
  })
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
