import { element } from './dom.js'
import { age, bytes, count, duration, rate } from './format.js'
import { processesOf, sum } from './nodes.js'

const NODE_COLUMNS = [
  ...['Node', 'State', 'Version', 'Up for', 'Streams', 'Long polls', 'WebSockets'],
  ...['Published', 'Delivered', 'Memory', 'Loop delay 99 %'],
]

/** The nodes of a cluster; hidden where there is one. */
export function createNodeTable() {
  const { place, body } = smallTable('Nodes', NODE_COLUMNS, { textColumns: 3 })
  const update = (nodes, rates) => {
    place.hidden = nodes.length < 2
    body.replaceChildren(...nodes.map((node) => nodeRow(node, rates.get(node.id))))
  }
  return { place, update }
}

function nodeRow({ name, self, answers, status }, rates) {
  const title = [name, self ? element('small', {}, ' this one') : undefined]
  if (!answers)
    return row(title, [stateMark('lost', 'Not answering'), ...NODE_COLUMNS.slice(2).map(() => '–')])
  const { version, holds, draining } = status
  const processes = processesOf(status)
  return row(title, [
    draining ? stateMark('stopping', 'Stopping') : stateMark('live', 'Answering'),
    version,
    age(status.process.uptimeSeconds),
    ...[holds.stream, holds.response, holds.socket].map(count),
    ...[rates.published, rates.delivered].map((value) => (value === null ? '–' : rate(value))),
    bytes(sum(processes.map(({ residentBytes }) => residentBytes))),
    duration(Math.max(...processes.map(({ eventLoopDelay }) => eventLoopDelay.p99))),
  ])
}

function stateMark(state, text) {
  return element('span', { class: 'state', 'data-state': state }, text)
}

const PROCESS_COLUMNS = [
  ...['Process', 'Streams', 'Long polls', 'WebSockets', 'Waiting bytes', 'Memory', 'Loop delay 99 %'],
]

/** The processes of servers that have workers; hidden where there are none. */
export function createProcessTable() {
  const { place, body } = smallTable('Processes', PROCESS_COLUMNS, { textColumns: 1 })
  const update = (nodes) => {
    const withWorkers = nodes.filter(({ status }) => status?.workers?.length > 0)
    place.hidden = withWorkers.length === 0
    const prefixOf = ({ name }) => (nodes.length > 1 ? `${name}: ` : '')
    body.replaceChildren(...withWorkers.flatMap((node) => processRows(node.status, prefixOf(node))))
  }
  return { place, update }
}

function processRows({ process, workers }, prefix) {
  return [
    processRow(`${prefix}Primary`, { process }),
    ...workers.map((worker, i) => processRow(`${prefix}Worker ${i + 1}`, worker)),
  ]
}

function processRow(name, { holds, bytesQueued, process }) {
  return row(
    [name],
    [
      ...(holds === undefined ? ['', '', ''] : [holds.stream, holds.response, holds.socket].map(count)),
      bytesQueued === undefined ? '' : bytes(bytesQueued),
      bytes(process.residentBytes),
      duration(process.eventLoopDelay.p99),
    ],
  )
}

/** All columns but the first ones have numbers. */
function smallTable(title, columns, { textColumns }) {
  const body = element('tbody')
  const heads = columns.map((text) => element('th', { scope: 'col' }, text))
  const head = element('thead', {}, element('tr', {}, ...heads))
  const table = element('table', { 'data-texts': textColumns }, element('caption', {}, title), head, body)
  const region = { class: 'wide', tabindex: '0', role: 'region', 'aria-label': title, hidden: true }
  return { place: element('div', region, table), body }
}

function row(title, cells) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, ...title.filter((part) => part !== undefined)),
    ...cells.map((content) => element('td', {}, content)),
  )
}
