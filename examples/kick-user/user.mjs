/** One user's browser, in short: an SSE connection that notes what it gets, and when and how it ends. */
import { get } from 'node:http'

/**
 * Opens user `user`'s event stream and answers once the origin's welcome has arrived. `items` are the numbers of the
 * shared items received on this connection; `ended` resolves to `{ at, clean }`, `clean` false for a broken transfer.
 */
export function connectUser(user, { port }) {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path: `/events?user=${user}`, agent: false },
      (response) => {
        const connection = { user, items: [], isOpen: true, ended: undefined, leave: () => request.destroy() }
        connection.ended = watchEnd(response, connection)
        if (response.statusCode !== 200) reject(new Error(`user ${user} was answered ${response.statusCode}`))
        readEvents(response, (event) => {
          if (event.name === 'welcome') resolve(connection)
          else connection.items.push(JSON.parse(event.data).number)
        })
      },
    )
    request.once('error', reject)
  })
}

function watchEnd(response, connection) {
  return new Promise((resolve) => {
    const finish = (clean) => {
      connection.isOpen = false
      resolve({ at: performance.now(), clean })
    }
    response.once('end', () => finish(response.complete))
    response.once('error', () => finish(false))
  })
}

function readEvents(response, onEvent) {
  let pending = ''
  response.setEncoding('utf8')
  response.on('data', (text) => {
    const blocks = (pending + text).split('\n\n')
    pending = blocks.pop()
    for (const block of blocks) if (!block.startsWith(':')) onEvent(parseEvent(block))
  })
}

function parseEvent(block) {
  const field = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  return { name: field('event'), data: field('data') }
}
