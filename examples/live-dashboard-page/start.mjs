/** Starts the shop, its origin, and holdfast in front of it. */
import { startHoldfast } from '../support/holdfast.mjs'
import { startServer, stopServers } from '../support/servers.mjs'
import { createOrigin, publishNumbers } from './origin.mjs'
import { createShop } from './shop.mjs'

const PERIOD_MS = 500

/** Answers what runs; `published` are the numbers so far, as text. */
export async function start({ http, control }) {
  const shop = createShop()
  const origin = await startServer(createOrigin(shop))
  const holdfast = await startHoldfast({
    originPort: origin.address().port,
    httpPort: http,
    controlPort: control,
  })
  const published = [JSON.stringify(shop.now())]
  const timer = setInterval(() => {
    published.push(JSON.stringify(shop.next()))
    publishNumbers(holdfast.control, shop.now()).catch((error) => console.error(error.message))
  }, PERIOD_MS)
  const url = `http://127.0.0.1:${holdfast.http}/`
  return {
    url,
    published,
    welcome: `Open ${url}`,
    exited: holdfast.exited,
    stop: async () => {
      clearInterval(timer)
      await holdfast.stop()
      stopServers([origin])
    },
  }
}
