/** Somebody else's REST API: it answers, and tells nobody of changes. It stands for one that you cannot change. */
import { json } from 'node:stream/consumers'
import { sendJson, startServer } from '../support/servers.mjs'

const ITEM = /^\/todos\/(\d+)$/

/** Starts it; `asked` counts its requests. */
export async function startApi(port) {
  const todos = new Map([[1, { id: 1, text: 'buy milk', done: false }]])
  const api = { asked: 0, server: undefined }
  api.server = await startServer(async (request, response) => {
    api.asked++
    const id = Number(ITEM.exec(request.url)?.[1])
    if (request.method === 'PUT' && id > 0) todos.set(id, { id, ...(await json(request)) })
    if (request.method === 'GET' && request.url === '/todos') sendJson(response, [...todos.values()])
    else if (todos.has(id)) sendJson(response, todos.get(id))
    else sendJson(response, { error: 'not found' }, { status: 404 })
  }, port)
  return api
}
