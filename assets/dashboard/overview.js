import { element } from './dom.js'
import { age, bytes, count, duration, rate } from './format.js'
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

/** The panel of what is going on now: numbers, plots over time, and the processes. */
export function createOverview(section) {
  const series = new Series()
  const tiles = createTiles()
  const plots = PLOTS.map(createPlot)
  const processes = createProcesses()
  const grid = element('div', { class: 'plots' }, ...plots.map(({ figure }) => figure))
  section.append(tiles.list, grid, processes.place)
  const redraw = () => {
    if (section.hidden) return
    for (const plot of plots) plot.update(series)
  }
  window.addEventListener('resize', redraw)
  return {
    show: redraw,
    update: (snapshot) => {
      series.add(snapshot)
      tiles.update(snapshot.status)
      processes.update(snapshot.status)
      redraw()
    },
  }
}

const TILES = [
  ['Held clients', ({ holds }) => count(holds.stream + holds.response + holds.socket)],
  ['Connections', ({ connections }) => count(connections)],
  ['Channels', ({ channels }) => count(channels)],
  ['Requests', ({ totals }) => count(totals.requests)],
  ['Items delivered', ({ totals }) => count(totals.deliveries)],
  ['Clients behind', ({ clientsBehind, bytesQueued }) => `${count(clientsBehind)} (${bytes(bytesQueued)})`],
  ['Up for', ({ process }) => age(process.uptimeSeconds)],
  ['Version', ({ version }) => version],
]

function createTiles() {
  const values = TILES.map(() => element('dd', {}, '–'))
  const list = element(
    'dl',
    { class: 'tiles' },
    ...TILES.map(([label], i) => element('div', {}, element('dt', {}, label), values[i])),
  )
  const update = (status) => {
    for (const [i, [, read]] of TILES.entries()) values[i].textContent = read(status)
  }
  return { list, update }
}

const COLUMNS = [
  'Process',
  'Streams',
  'Long polls',
  'WebSockets',
  'Waiting bytes',
  'Memory',
  'Loop delay 99 %',
]

/** The processes of a server that has workers; hidden where it is one. */
function createProcesses() {
  const body = element('tbody')
  const head = element('tr', {}, ...COLUMNS.map((text) => element('th', { scope: 'col' }, text)))
  const table = element('table', {}, element('caption', {}, 'Processes'), element('thead', {}, head), body)
  const place = element(
    'div',
    { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Processes', hidden: true },
    table,
  )
  const update = ({ process, workers = [] }) => {
    place.hidden = workers.length === 0
    body.replaceChildren(
      processRow('Primary', { process }),
      ...workers.map((worker, i) => processRow(`Worker ${i + 1}`, worker)),
    )
  }
  return { place, update }
}

function processRow(name, { holds, bytesQueued, process }) {
  const cells = [
    ...(holds === undefined ? ['', '', ''] : [holds.stream, holds.response, holds.socket].map(count)),
    bytesQueued === undefined ? '' : bytes(bytesQueued),
    bytes(process.residentBytes),
    duration(process.eventLoopDelay.p99),
  ]
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    ...cells.map((text) => element('td', {}, text)),
  )
}
