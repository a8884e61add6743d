/** Starts the API, the watcher, and holdfast in front of both. */
import { freePort, startHoldfast } from '../support/holdfast.mjs'
import { startServer, stopServers } from '../support/servers.mjs'
import { startApi } from './api.mjs'
import { createWatcher } from './watcher.mjs'

/** Answers what runs. */
export async function start({ http, control }) {
  const controlPort = control ?? (await freePort())
  const api = await startApi()
  const originPort = api.server.address().port
  const urls = { api: `http://127.0.0.1:${originPort}`, control: `http://127.0.0.1:${controlPort}` }
  const watcher = await startServer(createWatcher({ ...urls, controlPort }))
  const holdfast = await startHoldfast({
    originPort,
    routes: [`*,path_beg=/live/,replace_beg=/ 127.0.0.1:${watcher.address().port}`], // The one line.
    httpPort: http,
    controlPort,
  })
  const url = `http://127.0.0.1:${holdfast.http}`
  return {
    url,
    api,
    welcome: `The API is at ${url}/todos/1, and live at ${url}/live/todos/1; see README.md for what to type.`,
    exited: holdfast.exited,
    stop: async () => {
      await holdfast.stop()
      stopServers([watcher, api.server])
    },
  }
}
