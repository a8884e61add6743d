import { get, remove } from './api.js'
import { element, facts, outcomeLine } from './dom.js'
import { age, bytes, kind } from './format.js'
import { createTable } from './table.js'

/** Channels that a row names before it says how many more there are. */
const MAX_NAMED = 3

/** The panel of who is held. */
export function createConnectionsPanel(section) {
  const table = createTable({
    title: 'Held connections',
    path: '/connections',
    name: 'connections',
    sort: '-age',
    searchLabel: 'Search by id, peer, route, channel or meta',
    missing: 'the clients there are not listed.',
    columns: [
      { title: 'Id', sort: 'id', read: ({ id }) => detailButton(id, () => table.load()) },
      {
        title: 'Node',
        read: ({ node }) => node ?? '',
        isShown: (rows) => rows.some(({ node }) => node !== undefined),
      },
      { title: 'Kind', sort: 'kind', read: (row) => kindMark(row.kind) },
      { title: 'Channels', read: ({ channels }) => nameFew(channels), wide: true },
      { title: 'Route', sort: 'route', read: ({ route }) => route, wide: true },
      { title: 'Peer', sort: 'peer', read: ({ peer }) => peer },
      { title: 'Age', sort: 'age', read: ({ ageSeconds }) => age(ageSeconds), isNumber: true },
      { title: 'Queue', sort: 'queue', read: ({ bytesQueued }) => bytes(bytesQueued), isNumber: true },
    ],
  })
  section.append(table.place)
  return { show: table.show, hide: table.hide }
}

function kindMark(name) {
  return element('span', { class: 'kind', 'data-kind': name }, kind(name))
}

function nameFew(channels) {
  const more = channels.length - MAX_NAMED
  return channels.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function detailButton(id, onChange) {
  const open = () => openDetail(id, onChange)
  return element('button', { type: 'button', class: 'link', onclick: open }, id)
}

/** Shows all of a connection in a dialog, with a button that ends it. */
async function openDetail(id, onChange) {
  const { line, say, fail } = outcomeLine()
  const content = element('div')
  const kick = element('button', { type: 'button', class: 'danger' }, 'Kick')
  const close = element(
    'button',
    { type: 'button', class: 'plain', autofocus: true, onclick: () => dialog.close() },
    'Close',
  )
  const title = element('h3', { id: 'detail-title' }, 'Connection ', element('code', {}, id))
  const buttons = element('div', { class: 'bar' }, kick, line, close)
  const dialog = element('dialog', { 'aria-labelledby': 'detail-title' }, title, content, buttons)
  kick.addEventListener('click', async () => {
    try {
      await remove(`/connections/${encodeURIComponent(id)}`)
      kick.disabled = true
      say('Kicked.')
      onChange()
    } catch (error) {
      fail(error.message)
    }
  })
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  try {
    content.append(describe(await get(`/connections/${encodeURIComponent(id)}`)))
  } catch (error) {
    kick.disabled = true
    fail(error.message)
  }
}

function describe(connection) {
  const meta = Object.entries(connection.meta)
  const list = facts([
    ['Kind', kindMark(connection.kind)],
    ...(connection.node === undefined ? [] : [['Node', connection.node]]),
    ['Route', connection.route],
    ['Peer', connection.peer || 'a unix socket'],
    ['Age', age(connection.ageSeconds)],
    ['Queue', bytes(connection.bytesQueued)],
    ['Meta', meta.length === 0 ? 'none' : facts(meta)],
  ])
  return element('div', {}, list, subscriptionTable(connection))
}

function subscriptionTable({ channels, subscriptions = [] }) {
  const rows = channels.map((name) => {
    const known = subscriptions.find(({ channel }) => channel === name)
    const cells = [name, known?.lastId ?? '–', known?.filters?.join(', ') ?? '–']
    return element('tr', {}, ...cells.map((text) => element('td', { class: 'long' }, text)))
  })
  const heads = ['Channel', 'Last id', 'Filters'].map((text) => element('th', { scope: 'col' }, text))
  const head = element('thead', {}, element('tr', {}, ...heads))
  const table = element('table', {}, element('caption', {}, 'Channels'), head, element('tbody', {}, ...rows))
  return element('div', { class: 'wide' }, table)
}
