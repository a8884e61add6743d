import { get } from './api.js'
import { element } from './dom.js'

const REFRESH_MS = 3000

/** What was being done when an error of a code came up; docs/errors.md has all codes. */
const STEPS = {
  ROUTE_INVALID: 'reading the routes',
  INSTRUCT_INVALID: "reading the origin's GRIP instructions",
  INSTRUCT_TOO_LARGE: "reading the origin's GRIP instructions",
  CONTROL_MESSAGE_INVALID: "reading an origin's control message",
  ITEM_INVALID: 'reading a published item',
  PATCH_FAILED: 'patching a body',
  ORIGIN_UNREACHABLE: 'connecting to the origin',
  ORIGIN_DENIED: 'connecting to the origin',
  ORIGIN_TIMEOUT: 'waiting for the origin',
  ORIGIN_BROKEN: "reading the origin's answer",
  SOCKET_BROKEN: 'reading a WebSocket',
  SOCKET_EVENTS_INVALID: "reading an origin's WebSocket events",
  BUS_UNAVAILABLE: 'publishing',
  WORKER_GONE: 'asking a worker',
}

/** The panel of what went wrong lately. */
export function createErrorsPanel(section) {
  const body = element('tbody')
  const heads = ['Time', 'Level', 'Step', 'What'].map((text) => element('th', { scope: 'col' }, text))
  const table = element(
    'table',
    {},
    element('caption', { class: 'unseen' }, 'Recent errors'),
    element('thead', {}, element('tr', {}, ...heads)),
    body,
  )
  const note = element('p', { role: 'status' })
  const place = element(
    'div',
    { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Recent errors' },
    table,
  )
  section.append(note, place)
  const load = async () => {
    try {
      const { errors } = await get('/errors')
      note.textContent =
        errors.length === 0 ? 'Nothing has gone wrong.' : 'The last warnings and errors, the newest first.'
      place.hidden = errors.length === 0
      body.replaceChildren(...errors.map(rowOf))
    } catch (error) {
      note.textContent = error.message
    }
  }
  let timer
  return {
    show: () => {
      timer = setInterval(load, REFRESH_MS)
      return load()
    },
    hide: () => clearInterval(timer),
  }
}

function rowOf({ time, level, message, code }) {
  const when = element('time', { datetime: time }, new Date(time).toLocaleTimeString())
  const step = code === undefined ? '' : `${STEPS[code] ?? ''} ${code}`.trim()
  const word = element('span', { class: `level-${level}` }, level === 'warn' ? 'warning' : 'error')
  const cells = [when, word, step, message]
  return element('tr', {}, ...cells.map((content, i) => element('td', { class: i > 1 && 'long' }, content)))
}
