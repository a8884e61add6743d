/** Starts the notification centre: its origin, holdfast in front of that, the send interface, and the page, elsewhere. */
import { fileURLToPath } from 'node:url'
import { freePort, startHoldfast } from '../support/holdfast.mjs'
import { sendPage, startServer, stopServers } from '../support/servers.mjs'
import { createNotifications } from './notifications.mjs'
import { createOrigin } from './origin.mjs'
import { createSendApi } from './sendApi.mjs'

const PAGE = fileURLToPath(new URL('page.html', import.meta.url))

/** Answers what runs; `centre` are the URLs. */
export async function start({ http, control, api, page }) {
  const controlPort = control ?? (await freePort())
  const notifications = createNotifications()
  const pageServer = await startServer((_request, response) => sendPage(response, PAGE), page)
  const pageOrigin = urlOf(pageServer)
  const apiServer = await startServer(createSendApi({ notifications, controlPort }), api)
  const origin = await startServer(createOrigin({ notifications, controlPort, pageOrigin }))
  const holdfast = await startHoldfast({ originPort: origin.address().port, httpPort: http, controlPort })
  const events = `http://127.0.0.1:${holdfast.http}`
  return {
    centre: { events, send: `${urlOf(apiServer)}/send`, pageOrigin },
    welcome: `Open ${pageOrigin}/?user=ann&centre=${events} and send to ${urlOf(apiServer)}/send; see README.md.`,
    exited: holdfast.exited,
    stop: async () => {
      await holdfast.stop()
      stopServers([pageServer, apiServer, origin])
    },
  }
}

const urlOf = (server) => `http://127.0.0.1:${server.address().port}`
