/**
 * Serves the page and its stream. Each event is the whole of the numbers, so that a client needs nothing of what it has missed: who
 * comes, or comes back, gets the newest at once, and then what is published.
 */
import { fileURLToPath } from 'node:url'
import { publishItems } from '../support/publish.mjs'
import { sendPage } from '../support/servers.mjs'

const PAGE = fileURLToPath(new URL('page.html', import.meta.url))
const CHANNEL = 'numbers'

const eventOf = (numbers) => `data: ${JSON.stringify(numbers)}\n\n`

/** Creates the answering function. */
export function createOrigin(shop) {
  return (request, response) => {
    if (request.url === '/') sendPage(response, PAGE)
    else if (request.url === '/numbers') openStream(response, shop)
    else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There are / and /numbers\n')
  }
}

function openStream(response, shop) {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Grip-Hold': 'stream',
    'Grip-Channel': CHANNEL,
    'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=20',
  })
  response.end(eventOf(shop.now()))
}

/** Sends the numbers to whoever looks; one publish, however many. */
export function publishNumbers(controlPort, numbers) {
  const formats = { 'http-stream': { content: eventOf(numbers) } }
  return publishItems(controlPort, [{ channel: CHANNEL, formats }])
}
