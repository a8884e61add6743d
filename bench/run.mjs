/**
 * Measures holdfast and, where they are installed, its peers: `node bench/run.mjs --help`. A Markdown table goes to
 * stdout, all results as JSON to bench/results/. README.md beside this says what each row means.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { runBlock } from './lib/block.mjs'
import { measureOf, parseOptions, USAGE } from './lib/options.mjs'
import { pinning, stopAll } from './lib/processes.mjs'
import { renderTable } from './lib/table.mjs'
import { targets } from './lib/targets.mjs'

const resultsDir = fileURLToPath(new URL('./results/', import.meta.url))

async function main() {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) return process.stdout.write(USAGE)
  const context = describeContext(options)
  const cells = await measureAll(options)
  const table = renderTable({ rows: options.rows, targets: options.targets, cells })
  process.stdout.write(`${describe(context)}\n\n${table}\n`)
  saveResults({ ...context, cells })
}

/** Measures target by target and row by row; rows that share a measurement share its block. */
async function measureAll(options) {
  const cells = Object.fromEntries(options.rows.map(({ name }) => [name, {}]))
  const floorInstalled = targets.floor.isInstalled()
  for (const target of options.targets) {
    const blocks = new Map()
    for (const row of options.rows.filter(({ needs }) => target.can.includes(needs))) {
      const withFloor = row.floor === true && floorInstalled && target !== targets.floor
      const say = (text) => process.stderr.write(`${row.name}: ${text}\n`)
      const measure = measureOf(row, options.sizes)
      const block =
        blocks.get(row.measure) ?? (await runBlock(target, measure, { ...options, withFloor, say }))
      blocks.set(row.measure, block)
      cells[row.name][target.name] = block
    }
  }
  return cells
}

function describeContext({ runs, sizes, logLevel, checkout }) {
  return {
    date: new Date().toISOString(),
    commit: git(checkout, 'rev-parse', '--short', 'HEAD'),
    clean: git(checkout, 'status', '--porcelain', '--', 'src', 'bin', 'package.json') === '',
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    pinned: pinning !== undefined,
    runs,
    sizes,
    logLevel,
  }
}

function describe({ date, commit, clean, node, cpu, pinned, runs, sizes, logLevel }) {
  const changed = Object.values(sizes).some((size) => size !== undefined)
  return [
    `${date.slice(0, 16)}Z`,
    `commit ${commit}${clean ? '' : ' with changes'}`,
    `node ${node}`,
    cpu,
    pinned ? 'server on one core, load on another' : 'not pinned',
    runs === 1 ? 'one run' : `medians of ${runs} runs`,
    `log level ${logLevel}`,
    ...(changed ? ['CHANGED SIZES: not to quote'] : []),
  ].join(', ')
}

function git(cwd, ...args) {
  try {
    return execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}

function saveResults(results) {
  mkdirSync(resultsDir, { recursive: true })
  const file = `${resultsDir}${results.date.replaceAll(':', '-').slice(0, 19)}-${results.commit}.json`
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`)
  process.stderr.write(`results in ${file}\n`)
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopAll()
    process.exit(130)
  })
}

try {
  await main()
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`)
  process.exitCode = 1
} finally {
  await stopAll()
}
