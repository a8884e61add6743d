import { element } from './dom.js'
import { age, bytes, count, duration, rate } from './format.js'
import { answering, missingText, sum, total } from './nodes.js'
import { createNodeTable, createProcessTable } from './nodeTables.js'
import { createPlot } from './plot.js'
import { Series } from './series.js'

const milliseconds = (value) => duration(value / 1000)

/** Steps of an axis of bytes, from 1 KiB to 1 TiB. */
const POWERS_OF_TWO = Array.from({ length: 31 }, (_, power) => 2 ** (power + 10))

const PLOTS = [
  {
    title: 'Held clients',
    format: count,
    lines: [
      { column: 'streams', label: 'Streams', color: 'series-1' },
      { column: 'polls', label: 'Long polls', color: 'series-2', dash: [6, 3] },
      { column: 'sockets', label: 'WebSockets', color: 'series-3', dash: [2, 2] },
    ],
  },
  {
    title: 'Items',
    format: rate,
    lines: [
      { column: 'published', label: 'Published', color: 'series-1' },
      { column: 'delivered', label: 'Delivered', color: 'series-2', dash: [6, 3] },
    ],
  },
  {
    title: 'Losses',
    format: rate,
    lines: [
      { column: 'dropped', label: 'Items dropped', color: 'series-4' },
      { column: 'closed', label: 'Clients closed', color: 'series-3', dash: [6, 3] },
    ],
  },
  {
    title: 'Origin latency, last 10 s',
    format: milliseconds,
    lines: [
      { column: 'p50', label: 'Median', color: 'series-1' },
      { column: 'p90', label: '90 %', color: 'series-2', dash: [6, 3] },
      { column: 'p99', label: '99 %', color: 'series-4', dash: [2, 2] },
    ],
  },
  {
    title: 'Memory',
    format: bytes,
    steps: POWERS_OF_TWO,
    lines: [
      { column: 'resident', label: 'Resident', color: 'series-1' },
      { column: 'heap', label: 'Heap', color: 'series-2', dash: [6, 3] },
    ],
  },
  {
    title: 'Event-loop delay',
    format: milliseconds,
    lines: [
      { column: 'loopMedian', label: 'Median', color: 'series-1' },
      { column: 'loopP99', label: '99 %', color: 'series-2', dash: [6, 3] },
      { column: 'loopMax', label: 'Longest', color: 'series-4', dash: [2, 2] },
    ],
  },
]

/** The panel of what is going on now: numbers, plots over time, the nodes and their processes. */
export function createOverview(section) {
  const series = new Series()
  const note = element('p', { role: 'status', class: 'warning', hidden: true })
  const tiles = createTiles()
  const plots = PLOTS.map(createPlot)
  const [nodeTable, processTable] = [createNodeTable(), createProcessTable()]
  const grid = element('div', { class: 'plots' }, ...plots.map(({ figure }) => figure))
  section.append(note, tiles.list, nodeTable.place, grid, processTable.place)
  const redraw = () => {
    if (section.hidden) return
    for (const plot of plots) plot.update(series)
  }
  window.addEventListener('resize', redraw)
  return {
    show: redraw,
    update: (snapshot) => {
      const { nodes } = snapshot
      const rates = series.add(snapshot)
      sayMissing(note, nodes)
      tiles.update(nodes)
      nodeTable.update(nodes, rates)
      processTable.update(nodes)
      redraw()
    },
  }
}

/** A screen reader is told of changes, not each second. */
function sayMissing(note, nodes) {
  const names = nodes.filter(({ answers }) => !answers).map(({ name }) => name)
  const text = missingText(names, 'left out of these numbers.')
  if (note.textContent === text) return
  note.textContent = text
  note.hidden = text === ''
}

const TILES = [
  [
    'Held clients',
    (nodes) => count(total(nodes, ({ holds }) => holds.stream + holds.response + holds.socket)),
  ],
  ['Connections', (nodes) => count(total(nodes, ({ connections }) => connections))],
  ['Channels', countChannels],
  ['Requests', (nodes) => count(total(nodes, ({ totals }) => totals.requests))],
  ['Items delivered', (nodes) => count(total(nodes, ({ totals }) => totals.deliveries))],
  ['Clients behind', describeBehind],
  ['Up for', describeUptime],
  ['Version', (nodes) => [...new Set(answering(nodes).map(({ status }) => status.version))].join(', ')],
]

/** A channel may be held on several nodes. */
function countChannels(nodes) {
  const held = answering(nodes).map(({ status }) => status.channels)
  const [most, all] = [Math.max(0, ...held), sum(held)]
  return most === all ? count(all) : `${count(most)} to ${count(all)}`
}

function describeBehind(nodes) {
  const behind = total(nodes, ({ clientsBehind }) => clientsBehind)
  return behind === 0 ? '0' : `${count(behind)} (${bytes(total(nodes, ({ bytesQueued }) => bytesQueued))})`
}

function describeUptime(nodes) {
  const shortest = Math.min(...answering(nodes).map(({ status }) => status.process.uptimeSeconds))
  return Number.isFinite(shortest) ? age(shortest) : '–'
}

function createTiles() {
  const values = TILES.map(() => element('dd', {}, '–'))
  const list = element(
    'dl',
    { class: 'tiles' },
    ...TILES.map(([label], i) => element('div', {}, element('dt', {}, label), values[i])),
  )
  const update = (nodes) => {
    for (const [i, [, read]] of TILES.entries()) values[i].textContent = read(nodes)
  }
  return { list, update }
}
