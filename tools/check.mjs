/**
 * Checks everything that a change must pass, and names what it does not:
 *
 *     node tools/check.mjs [--without-tests]
 */
import { ensureReady } from './ensureReady.mjs'
import { inProject, run, runModule } from './lib/project.mjs'

const tool = (name, ...args) => run(process.execPath, [inProject('tools', name), ...args])

const STEPS = [
  {
    name: 'format and lint',
    check: () => runModule('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
  },
  { name: 'layers', check: () => tool('checkLayers.mjs') },
  { name: 'types', check: () => runModule('typescript/bin/tsc', ['-p', 'tsconfig.json']) },
  { name: 'documentation', check: () => tool('docs.mjs', '--check') },
  { name: 'tests', check: () => tool('test.mjs') },
]

function main(args) {
  ensureReady()
  const steps = STEPS.filter(({ name }) => name !== 'tests' || !args.includes('--without-tests'))
  const failed = steps.filter(({ name, check }) => {
    console.log(`\n== ${name}`)
    return check() !== 0
  })
  console.log(
    failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.map(({ name }) => name).join(', ')}`,
  )
  return failed.length === 0 ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
