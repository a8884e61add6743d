/**
 * What browsers ask, through holdfast: `GET /events?user=NAME` is their stream, and `POST /read?user=NAME&upTo=ID` says what was
 * read. No connection stays here: the answer to /events names two channels, and holdfast keeps the client on them.
 */
import { publishItems } from '../support/publish.mjs'
import { channelOf, EVERYBODY, eventOf, readEventOf } from './events.mjs'

const USER = /^[a-z0-9]{1,30}$/

/** Creates the answering function; only the page at `pageOrigin` may read its answers. */
export function createOrigin({ notifications, controlPort, pageOrigin }) {
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://origin')
    const user = searchParams.get('user') ?? ''
    // CORS: the page comes from another origin, and a browser lets it read only what allows it to.
    response.setHeader('Access-Control-Allow-Origin', pageOrigin)
    response.setHeader('Vary', 'Origin')
    if (!USER.test(user)) refuse(response, 'Say who you are: ?user=NAME')
    else if (pathname === '/events') openStream({ request, response, searchParams }, { notifications, user })
    else if (pathname === '/read' && request.method === 'POST') {
      await markRead(Number(searchParams.get('upTo')), { notifications, controlPort, user })
      response.writeHead(204).end()
    } else refuse(response, 'There are /events and /read')
  }
}

/**
 * Answers what the client has missed, and where its two channels are now. Should something be published between this answer and
 * the hold, holdfast sees by prev-id that it is missing, and adds it.
 */
function openStream({ request, response, searchParams }, { notifications, user }) {
  // A browser that comes back by itself sends the header; a page that opens a new EventSource can only use the URL.
  const lastId = Number(request.headers['last-event-id'] ?? searchParams.get('after') ?? 0)
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    'Grip-Hold': 'stream',
    'Grip-Channel':
      `${EVERYBODY}; prev-id=${notifications.newestId()}, ` +
      `${channelOf(user)}; prev-id=${notifications.newestId(user)}`,
    'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=20',
  })
  const missed = notifications.after(lastId, user).map(eventOf)
  response.end(`retry: 1000\n\n${readEventOf(notifications.readUpTo(user))}${missed.join('')}`)
}

async function markRead(id, { notifications, controlPort, user }) {
  if (!Number.isSafeInteger(id)) return
  notifications.markRead(user, id)
  const content = readEventOf(notifications.readUpTo(user))
  await publishItems(controlPort, [{ channel: channelOf(user), formats: { 'http-stream': { content } } }])
}

function refuse(response, text) {
  response.writeHead(400, { 'Content-Type': 'text/plain' }).end(`${text}\n`)
}
