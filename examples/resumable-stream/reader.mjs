/** One reader's browser, in short: an EventSource that connects again after each cut, with the id of its last event. */
import { get } from 'node:http'

const RETRY_MS = 20

/**
 * Reads the stream until `stop`. `tokens` are those received, in order, `cuts` counts how often it was cut off, by `cut`,
 * which may keep it away for a while.
 */
export function createReader(port) {
  const reader = { tokens: [], lastId: undefined, connects: 0, cuts: 0, isOver: false }
  let request
  let timer
  let awayMs = 0
  const connect = () => {
    const headers = reader.lastId === undefined ? {} : { 'Last-Event-ID': reader.lastId }
    reader.connects++
    request = get({ host: '127.0.0.1', port, path: '/answer', agent: false, headers })
    request.once('response', (response) => {
      if (response.statusCode === 200) readEvents(response, (event) => take(reader, event))
      else response.resume()
    })
    request.on('error', () => {}) // 'close' follows.
    request.once('close', () => {
      if (!reader.isOver) timer = setTimeout(connect, awayMs + RETRY_MS * Math.random())
      awayMs = 0
    })
  }
  reader.cut = (ms) => {
    awayMs = ms
    reader.cuts++
    request.destroy()
  }
  reader.stop = () => {
    reader.isOver = true
    clearTimeout(timer)
    request.destroy()
  }
  connect()
  return reader
}

function take(reader, { id, data }) {
  reader.lastId = id
  reader.tokens.push(JSON.parse(data))
}

/** An event counts when the blank line after it has come; what was cut off in its middle is sent anew. */
function readEvents(response, onEvent) {
  let pending = ''
  response.setEncoding('utf8')
  response.on('data', (text) => {
    const blocks = (pending + text).split('\n\n')
    pending = blocks.pop()
    for (const block of blocks)
      onEvent(Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2))))
  })
  response.on('error', () => {}) // The request's 'close' follows.
}
