/** The command line of run.mjs. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measures } from './measures.mjs'
import { rows } from './rows.mjs'
import { targets } from './targets.mjs'

export const USAGE = `usage: node bench/run.mjs [options]
  --target LIST    holdfast,pushpin,nchan,floor (default: those installed; the floor runs beside them)
  --rows LIST      ${rows.map(({ name }) => name).join(',')} (default: all)
  --runs N         runs of each measurement; the table shows medians (default 3)
  --clients N      no more than N clients in any row
  --secs S         measure for S seconds instead of each row's own time
  --publishers N   publish over N connections in the fan-out rows instead of each row's own number
  --quick          the same as --runs 1 --clients 500 --secs 1: to try the tools, not to quote
  --checkout DIR   measure the holdfast of another checkout (default: this one)
  --log-level N    log level of holdfast and Pushpin (default 1: warnings; 2 logs every request)
`

const OPTIONS = {
  target: { type: 'string' },
  rows: { type: 'string' },
  runs: { type: 'string' },
  clients: { type: 'string' },
  secs: { type: 'string' },
  publishers: { type: 'string' },
  quick: { type: 'boolean' },
  checkout: { type: 'string', default: fileURLToPath(new URL('../..', import.meta.url)) },
  'log-level': { type: 'string' },
  help: { type: 'boolean' },
}

/** Parses the arguments; throws an Error that says what is wrong with them. */
export function parseOptions(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS })
  const checkout = resolve(values.checkout)
  return {
    checkout,
    help: values.help ?? false,
    targets: chosen(values.target, Object.values(targets), 'target') ?? installed(checkout),
    rows: chosen(values.rows, rows, 'row') ?? rows,
    runs: wholeNumber('runs', values.runs, 1, 20) ?? (values.quick ? 1 : 3),
    logLevel: wholeNumber('log-level', values['log-level'], 0, 3) ?? 1,
    sizes: {
      clients: wholeNumber('clients', values.clients, 1, 19_800) ?? (values.quick ? 500 : undefined),
      secs: wholeNumber('secs', values.secs, 1, 60) ?? (values.quick ? 1 : undefined),
      publishers: wholeNumber('publishers', values.publishers, 1, 64),
    },
  }
}

/** The load of `row` in its own size, or in the sizes that the options ask for where the load knows them. */
export function measureOf(row, { clients, secs, publishers }) {
  const sized = { ...measures[row.measure] }
  if (clients !== undefined && sized.clients !== undefined) sized.clients = Math.min(sized.clients, clients)
  if (secs !== undefined && sized.secs !== undefined) sized.secs = secs
  if (publishers !== undefined && sized.load === 'fanOut') sized.publishers = publishers
  return sized
}

function installed(checkout) {
  const all = Object.values(targets)
  return all.filter(
    (target) => target !== targets.floor && !target.onlyWhenNamed && target.isInstalled({ checkout }),
  )
}

function chosen(list, all, what) {
  return list?.split(',').map((name) => {
    const found = all.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no ${what} is called '${name}'`)
    return found
  })
}

function wholeNumber(name, text, least, most) {
  if (text === undefined) return undefined
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new Error(`--${name} is '${text}', not a whole number from ${least} to ${most}`)
}
