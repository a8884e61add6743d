import { follow } from './api.js'
import { element, field, outcomeLine, select } from './dom.js'

/** Entries of the exchange that stay on the page. */
const MAX_ENTRIES = 500

const TRANSPORTS = [
  ['stream', 'Stream or any request'],
  ['poll', 'Long poll, again and again'],
  ['websocket', 'WebSocket'],
]

/**
 * The panel that is a client of the proxy. The server opens the connection to its own port for clients: a browser may not look at
 * answers of another port, and does not show them as they are.
 */
export function createSubscribePanel(section) {
  const transport = field('Transport', select(TRANSPORTS))
  const path = field('Path', element('input', { value: '/', required: true, spellcheck: 'false' }))
  const host = field('Host', element('input', { value: 'localhost', required: true, spellcheck: 'false' }))
  const headers = field(
    'Headers',
    element('textarea', { rows: '2', spellcheck: 'false' }),
    'One on a line, NAME: VALUE.',
  )
  const messages = field(
    'Messages to send',
    element('textarea', { rows: '2' }),
    'One on a line, for a WebSocket.',
  )
  const exchange = createExchange()
  const { line, say, fail } = outcomeLine()
  const open = element('button', {}, 'Open')
  const stop = element('button', { type: 'button', class: 'plain', disabled: true }, 'Stop')
  const form = element(
    'form',
    { class: 'card' },
    ...[transport.row, element('div', { class: 'pair' }, path.row, host.row), headers.row, messages.row],
    element('div', { class: 'bar' }, open, stop, line),
  )
  section.append(element('div', { class: 'columns' }, form, exchange.place))
  const turn = () => {
    messages.row.hidden = transport.control.value !== 'websocket'
  }
  transport.control.addEventListener('change', turn)
  turn()
  let running
  stop.addEventListener('click', () => running?.abort())
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    running?.abort()
    const attempt = new AbortController()
    running = attempt
    exchange.clear()
    stop.disabled = false
    say('Listening')
    const trial = {
      transport: transport.control.value,
      path: path.control.value,
      host: host.control.value,
      headers: headers.control.value.split('\n').filter((text) => text.trim() !== ''),
      messages: messages.control.value.split('\n').filter((text) => text !== ''),
    }
    try {
      const body = JSON.stringify(trial)
      await follow('/dashboard/subscribe', {
        method: 'POST',
        body,
        signal: attempt.signal,
        onEvent: exchange.add,
      })
      if (running === attempt) say('Ended')
    } catch (error) {
      if (running === attempt) {
        if (attempt.signal.aborted) say('Stopped')
        else fail(error.message)
      }
    }
    if (running === attempt) stop.disabled = true
  })
  return { show: () => {} }
}

/** Each line with its end, which is made visible: streams are taken apart by them. */
function linesOf(text) {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    if (i === lines.length - 1) return line === '' ? [] : [element('span', {}, line)]
    return [element('span', { class: 'ended' }, line.replace(/\r$/, '')), '\n']
  })
}

const DIRECTIONS = { sent: 'Sent', received: 'Received', note: 'Note' }

function createExchange() {
  const list = element('ol', { class: 'exchange', role: 'log', 'aria-label': 'Exchange', tabindex: '0' })
  const place = element('div', { class: 'card' }, element('h3', {}, 'Exchange'), list)
  const add = ({ name, data }) => {
    const label = element('span', {}, `${DIRECTIONS[name]} `, element('small', {}, `${data.atMs} ms`))
    list.append(element('li', { class: name }, label, element('pre', {}, ...linesOf(data.text))))
    if (list.children.length > MAX_ENTRIES) list.firstElementChild.remove()
    list.scrollTop = list.scrollHeight
  }
  return { place, add, clear: () => list.replaceChildren() }
}
