/** What other programs ask, not through holdfast: `POST /send` with `{"text": …}` for all, or `{"to": NAME, "text": …}` for one user. */
import { json } from 'node:stream/consumers'
import { publishItems } from '../support/publish.mjs'
import { sendJson } from '../support/servers.mjs'
import { channelOf, eventOf } from './events.mjs'

/** Creates the answering function. */
export function createSendApi({ notifications, controlPort }) {
  let published = Promise.resolve()
  return async (request, response) => {
    const { to, text } = request.method === 'POST' ? await json(request).catch(() => ({})) : {}
    if (typeof text !== 'string' || !(to === undefined || typeof to === 'string')) {
      sendJson(response, { error: 'POST {"text": …}, or {"to": NAME, "text": …}' }, { status: 400 })
      return
    }
    const previousId = notifications.newestId(to)
    const notification = notifications.add({ to, text })
    // One after the other: a client that has number 7 may rely on having had 6, on whichever of its channels.
    published = published.catch(() => {}).then(() => publish(notification, { previousId, controlPort }))
    await published
    sendJson(response, { id: notification.id })
  }
}

function publish(notification, { previousId, controlPort }) {
  const item = {
    channel: channelOf(notification.to),
    id: String(notification.id),
    'prev-id': String(previousId),
    formats: { 'http-stream': { content: eventOf(notification) } },
  }
  return publishItems(controlPort, [item])
}
