/** The Markdown table of a run. */
import { faultsOf } from './rows.mjs'
import { median } from './stats.mjs'

const MAX_ERROR_CHARS = 80

/** Renders a table with one line per row and one column per target; `cells[row.name][target.name]` are the blocks. */
export function renderTable({ rows, targets, cells }) {
  const head = ['work', 'unit', 'must', 'goal', ...targets.map(({ name }) => name)]
  const lines = rows.map((row) => [
    row.title,
    row.unit,
    row.must,
    row.goal,
    ...targets.map((target) => renderCell(row, cells[row.name]?.[target.name])),
  ])
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function renderCell(row, block) {
  if (block === undefined) return ''
  if (block.results.length === 0) return `failed: ${briefly(block.error)}`
  const figures = row.figures.map((key) => figureOf(row, block.results, key))
  const faults = faultsOf(block.results)
  const notes = [ratio(row, block), faults === '' ? '' : `**${faults}**`, briefly(block.error)]
  return [figures.map(display).join(' / '), ...notes].filter((part) => part !== '').join(' ')
}

/** The start of an error's text, fit for a cell. The whole of it is on stderr and in the results file. */
function briefly(error = '') {
  const text = error.replaceAll('|', '/')
  return text.length > MAX_ERROR_CHARS ? `${text.slice(0, MAX_ERROR_CHARS)}...` : text
}

/** The median of a figure over the runs of a block. */
function figureOf(row, results, key) {
  const values = results.map((result) => result[key]).filter((value) => value !== undefined && value !== null)
  const middle = median(values)
  return middle === undefined ? undefined : middle * (row.scale ?? 1)
}

/** The figure as a multiple of the floor's, both medians of the same block. */
function ratio(row, { results, floorResults }) {
  if (!row.floor || floorResults.length === 0) return ''
  const floor = figureOf(row, floorResults, row.figures[0])
  const own = figureOf(row, results, row.figures[0])
  return floor > 0 && own !== undefined ? `(${(own / floor).toFixed(2)}x)` : ''
}

/** Three significant digits, no exponent. */
function display(value) {
  if (value === undefined) return '?'
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return String(Math.round(value))
  return value.toPrecision(3)
}
