import { element } from './dom.js'
import { count } from './format.js'
import { createTable } from './table.js'

/** The panel of the channels that somebody holds. */
export function createChannelsPanel(section) {
  const table = createTable({
    title: 'Held channels',
    path: '/channels',
    name: 'channels',
    sort: 'name',
    searchLabel: 'Search by name',
    missing: 'holders there are not counted.',
    columns: [
      { title: 'Channel', sort: 'name', read: publishLink, wide: true },
      { title: 'Streams', read: ({ holders }) => count(holders.stream), isNumber: true },
      { title: 'Long polls', read: ({ holders }) => count(holders.response), isNumber: true },
      { title: 'WebSockets', read: ({ holders }) => count(holders.socket), isNumber: true },
    ],
  })
  section.append(table.place)
  return { show: table.show, hide: table.hide }
}

/** Leads to the form that publishes on the channel. */
function publishLink({ name }) {
  const text = name === '' ? '(empty)' : name
  return element('a', { href: `#publish/${encodeURIComponent(name)}`, title: 'Publish on it' }, text)
}
