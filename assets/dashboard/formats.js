import { element, field, select } from './dom.js'

const area = (value) => element('textarea', { rows: '4', spellcheck: 'false' }, value)
const input = (value, more = {}) => element('input', { value, spellcheck: 'false', ...more })

/** The three formats of an item, each with the fields that it is made of: `create()` makes `{ rows, read }`. */
export const FORMATS = {
  'http-stream': { title: 'http-stream: to open streams', create: createStream },
  'http-response': { title: 'http-response: answers long polls', create: createResponse },
  'ws-message': { title: 'ws-message: to WebSockets', create: createMessage },
}

function createStream() {
  const action = field(
    'Action',
    select([
      ['send', 'Send'],
      ['close', 'Close the streams'],
    ]),
  )
  const content = field('Content', area('hello'))
  const events = element('input', { type: 'checkbox', checked: true })
  const asEvent = field('As a server-sent event', events)
  asEvent.row.classList.add('check')
  const read = () => {
    if (action.control.value === 'close') return { action: 'close' }
    const text = content.control.value
    return { content: events.checked ? encodeEvent(text) : text }
  }
  return { rows: [action.row, content.row, asEvent.row], read }
}

function createResponse() {
  const code = field('Status', input('200', { inputmode: 'numeric', pattern: '[1-5][0-9]{2}' }))
  const headers = field('Headers', area('Content-Type: text/plain'), 'One on a line, NAME: VALUE.')
  const body = field('Body', area('hello'))
  const read = () => ({
    code: Number(code.control.value),
    headers: parseHeaders(headers.control.value),
    body: body.control.value,
  })
  return { rows: [code.row, headers.row, body.row], read }
}

function createMessage() {
  const kinds = [
    ['text', 'A text'],
    ['binary', 'Bytes, as base64'],
    ['close', 'Close the WebSockets'],
  ]
  const type = field('Send', select(kinds))
  const content = field('Content', area('hello'))
  const read = () => {
    const text = content.control.value
    switch (type.control.value) {
      case 'binary':
        return { 'content-bin': text.trim() }
      case 'close':
        return { action: 'close' }
      default:
        return { content: text }
    }
  }
  return { rows: [type.row, content.row], read }
}

/** Reads header lines as pairs, in their order. */
export function parseHeaders(text) {
  return text
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()])
}

/** HTML: 9.2.6. Each line of the text is a `data` line of its own. */
function encodeEvent(text) {
  return `${text
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`
}
