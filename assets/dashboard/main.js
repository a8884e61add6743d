import { follow, forgetKey, hasKey, isAllowed } from './api.js'
import { createChannelsPanel } from './channels.js'
import { createConnectionsPanel } from './connections.js'
import { createErrorsPanel } from './errors.js'
import { askForKey } from './key.js'
import { answering } from './nodes.js'
import { createOverview } from './overview.js'
import { createPublishPanel } from './publish.js'
import { createRoutesPanel } from './routes.js'
import { createSubscribePanel } from './subscribe.js'

/** How long to wait before the events are asked for again. */
const RETRY_MS = 2000

/** What each section of the page is; a panel has `show` and `hide`, and may have `update` for snapshots. */
const PANELS = {
  overview: createOverview,
  connections: createConnectionsPanel,
  channels: createChannelsPanel,
  publish: createPublishPanel,
  subscribe: createSubscribePanel,
  routes: createRoutesPanel,
  errors: createErrorsPanel,
}

const stateLine = document.getElementById('state')
const place = document.getElementById('node')
const forget = document.getElementById('forget')

async function start() {
  if (!(await isAllowed())) await askForKey(document.getElementById('panels'))
  forget.hidden = !hasKey()
  forget.addEventListener('click', () => {
    forgetKey()
    location.reload()
  })
  const panels = Object.entries(PANELS).map(([name, create]) => {
    const section = document.getElementById(name)
    return { name, section, ...create(section) }
  })
  const turn = () => showPanel(panels)
  window.addEventListener('hashchange', turn)
  turn()
  await followStatus(panels)
}

/** Shows the panel that the address names, and hides the others. */
function showPanel(panels) {
  const wanted = location.hash.slice(1).split('/')[0]
  const shown = panels.find(({ name }) => name === wanted) ?? panels[0]
  for (const panel of panels) {
    const isShown = panel === shown
    if (!isShown && !panel.section.hidden) panel.hide?.()
    panel.section.hidden = !isShown
    const link = document.querySelector(`nav a[href='#${panel.name}']`)
    if (isShown) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  // The browser has gone to the section itself; what says where one is stands above it.
  window.scrollTo(0, 0)
  shown.show?.()
}

/** Feeds the panels for as long as the window is open. */
async function followStatus(panels) {
  const onEvent = ({ name, data }) => {
    if (name !== 'status') return
    sayState(data.nodes)
    for (const panel of panels) panel.update?.(data)
  }
  for (;;) {
    await follow('/dashboard/events', { onEvent }).catch((error) => {
      if (error.status === 401) location.reload()
    })
    say('lost', 'No connection, trying again')
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** Says how the nodes are, and which of them the window is at. */
function sayState(nodes) {
  const self = nodes.find((node) => node.self)
  const there = answering(nodes).length
  if (self?.status?.draining) say('stopping', 'Stopping')
  else if (there < nodes.length) say('lost', `${there} of ${nodes.length} nodes answer`)
  else say('live', nodes.length > 1 ? `Live, ${there} nodes` : 'Live')
  if (self === undefined || place.textContent === self.name) return
  place.textContent = self.name
  document.title = `${self.name} · holdfast dashboard`
}

/** A screen reader is told of changes, not each second. */
function say(state, text) {
  if (stateLine.textContent === text) return
  stateLine.dataset.state = state
  stateLine.textContent = text
}

start()
