import { get } from './api.js'
import { element, field, outcomeLine, select } from './dom.js'

/** The panel of the routes in force, with a box that says which of them takes a URL. */
export function createRoutesPanel(section) {
  const body = element('tbody')
  const heads = ['Route', 'What it does', 'Written in'].map((text) => element('th', { scope: 'col' }, text))
  const table = element(
    'table',
    {},
    element('caption', { class: 'unseen' }, 'Routes'),
    element('thead', {}, element('tr', {}, ...heads)),
    body,
  )
  const note = element('p', { role: 'status' })
  const place = element(
    'div',
    { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'All routes' },
    table,
  )
  const whose = element('p', { hidden: true })
  section.append(createMatcher(), whose, note, place)
  const load = async () => {
    try {
      const { routes } = await get('/routes')
      note.textContent = routes.length === 0 ? 'There are no routes: every request gets 502.' : ''
      body.replaceChildren(...routes.map(rowOf))
    } catch (error) {
      note.textContent = error.message
    }
  }
  const update = ({ nodes }) => {
    const self = nodes.find((node) => node.self)
    whose.hidden = nodes.length < 2
    whose.textContent = `Each node reads routes of its own; these are of ${self.name}.`
  }
  return { show: load, update }
}

function rowOf({ id, place, description }) {
  const cells = [id, description, place ?? ''].map((text) => element('td', { class: 'long' }, text))
  return element('tr', {}, ...cells)
}

function createMatcher() {
  const url = field(
    'URL',
    element('input', { required: true, spellcheck: 'false', value: 'http://localhost/' }),
  )
  const method = field(
    'Method',
    select(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((name) => [name, name])),
  )
  const answer = element('div', { role: 'status', class: 'answer' })
  const { line, say, fail } = outcomeLine()
  const form = element(
    'form',
    { class: 'card' },
    element('h3', {}, 'Which route takes this URL?'),
    element('div', { class: 'asking' }, url.row, method.row, element('button', {}, 'Find')),
    line,
    answer,
  )
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const query = new URLSearchParams({ url: url.control.value, method: method.control.value })
    try {
      answer.replaceChildren(...describe(await get(`/routes/match?${query}`)))
      say('')
    } catch (error) {
      answer.replaceChildren()
      fail(error.message)
    }
  })
  return form
}

function describe({ route, sending, rejected }) {
  const found =
    route === null
      ? [element('p', {}, 'No route takes it: it gets 502.')]
      : [
          element('p', {}, 'It takes ', element('b', {}, nameOf(route)), '.'),
          element('p', {}, route.description),
          element('ul', {}, ...sending.map((text) => element('li', {}, text))),
        ]
  if (rejected.length === 0) return found
  const reasons = rejected.map(({ reason, ...other }) => element('li', {}, `${nameOf(other)}: ${reason}`))
  return [...found, element('p', {}, 'Not the others:'), element('ul', {}, ...reasons)]
}

function nameOf({ id, place }) {
  return place === undefined ? `the route ${id}` : `${place} (${id})`
}
