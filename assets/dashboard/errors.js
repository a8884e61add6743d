import { get } from './api.js'
import { element } from './dom.js'
import { missingText } from './nodes.js'

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
  const nodeHead = element('th', { scope: 'col' }, 'Node')
  const [time, ...others] = ['Time', 'Level', 'Step', 'What'].map((text) =>
    element('th', { scope: 'col' }, text),
  )
  const heads = [time, nodeHead, ...others]
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
      const { errors, missing = [] } = await get('/errors')
      const summary =
        errors.length === 0 ? 'Nothing has gone wrong.' : 'The last warnings and errors, the newest first.'
      note.textContent = `${summary} ${missingText(missing, 'left out of this list.')}`.trim()
      place.hidden = errors.length === 0
      const namesNodes = errors.some(({ node }) => node !== undefined)
      nodeHead.hidden = !namesNodes
      body.replaceChildren(...errors.map((error) => rowOf(error, namesNodes)))
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

function rowOf({ time, level, message, code, node = '' }, namesNodes) {
  const when = element('time', { datetime: time }, new Date(time).toLocaleTimeString())
  const step =
    code === undefined ? '–' : element('div', {}, STEPS[code] ?? '', ' ', element('code', {}, code))
  const word = element('span', { class: `level-${level}` }, level === 'warn' ? 'warning' : 'error')
  const short = [when, ...(namesNodes ? [node] : []), word]
  return element(
    'tr',
    {},
    ...short.map((content) => element('td', {}, content)),
    ...[step, message].map((content) => element('td', { class: 'long' }, content)),
  )
}
