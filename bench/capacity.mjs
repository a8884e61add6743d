/** Prints how many nodes given numbers of clients need: `node bench/capacity.mjs --help`. docs/scaling.md explains the columns. */
import { parseArgs } from 'node:util'
import { NODE, planFor } from './lib/capacity.mjs'

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    cores: { type: 'string', default: String(NODE.cores) },
    'memory-gb': { type: 'string', default: '16' },
    'fan-out': { type: 'string', default: '1000' },
    'stay-minutes': { type: 'string', default: '10' },
  },
})

const USAGE = `node bench/capacity.mjs [--cores N] [--memory-gb N] [--fan-out N] [--stay-minutes N]
--cores, --memory-gb   what a node has
--fan-out              clients that one item reaches
--stay-minutes         how long a client stays before it comes anew
`

const RATES = [
  ['one a minute', 1 / 60],
  ['one in 10 s', 0.1],
  ['one a second', 1],
]

function main() {
  if (values.help) return process.stdout.write(USAGE)
  const node = { cores: Number(values.cores), memoryBytes: Number(values['memory-gb']) * 1024 ** 3 }
  const shared = { fanOut: Number(values['fan-out']), staySeconds: Number(values['stay-minutes']) * 60 }
  print(
    'clients',
    'items to each',
    'nodes',
    'held by each',
    'items/s at each',
    'deliveries/s of each',
    'set by',
  )
  print('---:', '---', '---:', '---:', '---:', '---:', '---')
  for (const clients of [1e6, 1e7, 1e8]) {
    for (const [name, itemsPerSecond] of RATES) {
      printPlan(`${clients / 1e6} million`, name, planFor({ clients, itemsPerSecond, ...shared }, node))
    }
  }
}

function printPlan(clients, name, plan) {
  if (plan === undefined) return print(clients, name, 'too many items', '', '', '', 'primary')
  const [limit] = Object.entries(plan.used).reduce((a, b) => (b[1] > a[1] ? b : a))
  const count = (number) => Math.round(number).toLocaleString('en')
  print(clients, name, plan.nodes, count(plan.held), count(plan.itemsHere), count(plan.deliveries), limit)
}

function print(...cells) {
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

main()
