/**
 * Lets people see each other's cursors on a page. Every event of a WebSocket comes here as a short HTTP request, and what concerns
 * all is published on one channel; no connection stays here.
 */
import { fileURLToPath } from 'node:url'
import { publishMessages } from '../support/publish.mjs'
import { sendPage } from '../support/servers.mjs'
import { startSocketOrigin } from '../support/socketOrigin.mjs'

const PAGE = fileURLToPath(new URL('page.html', import.meta.url))
const CHANNEL = 'cursors'
const NAME = /^[a-z]{1,20}$/

/** Whoever was sent nothing for so long is sent a ping; a browser that has died is found by that. */
const PING_SECONDS = 20

/** Starts the origin; `controlPort` is where holdfast takes items. */
export function startOrigin(controlPort) {
  return startSocketOrigin(
    createCursors((message) =>
      publishMessages(controlPort, [{ channel: CHANNEL, text: JSON.stringify(message) }]),
    ),
  )
}

function createCursors(tellAll) {
  /** `{ id, name, x, y }` by the id of their WebSocket; x and y are shares of the page, and come with the first move. */
  const people = new Map()
  return {
    async open(socket) {
      const name = socket.url.searchParams.get('name') ?? ''
      if (!NAME.test(name)) return false
      const person = { id: socket.id, name }
      socket.send(JSON.stringify({ type: 'welcome', you: socket.id, here: [...people.values()] }))
      socket.subscribe(CHANNEL)
      socket.pingEvery(PING_SECONDS)
      people.set(socket.id, person)
      await tellAll({ type: 'moved', person })
      return true
    },
    async message(socket, text) {
      const place = parsePlace(text)
      const known = people.get(socket.id)
      if (place === undefined || known === undefined) return
      const person = { ...known, ...place }
      people.set(socket.id, person)
      await tellAll({ type: 'moved', person })
    },
    async gone(socket) {
      if (people.delete(socket.id)) await tellAll({ type: 'gone', id: socket.id })
    },
    request(request, response) {
      if (request.url.startsWith('/cursors'))
        response
          .writeHead(426, { 'Content-Type': 'text/plain' })
          .end('Connect by WebSocket: /cursors?name=YOU\n')
      else sendPage(response, PAGE)
    },
  }
}

function parsePlace(text) {
  try {
    const { x, y } = JSON.parse(text)
    return [x, y].every((share) => share >= 0 && share <= 1) ? { x: Number(x), y: Number(y) } : undefined
  } catch {
    return undefined // Not JSON, or JSON without fields.
  }
}
