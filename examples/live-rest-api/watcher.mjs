/**
 * An origin that makes any REST API live. It asks the API for a resource as long as somebody watches it, once for all who do, and
 * publishes what has changed. Two forms of the same URL:
 *
 *     Accept: text/event-stream     a stream: the resource as it is, and then each change
 *     If-None-Match: ETAG           a long poll: the resource when it is another than the client has, at once or as soon as it is
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { publishItems } from '../support/publish.mjs'

const POLL_PERIOD_MS = 200
const LONG_POLL_SECONDS = 25
/** A client that was answered may not be held yet, and a long poll that was answered comes again. */
const FRESH_MS = 2000

/** Creates the answering function. `api` and `control` are URLs. */
export function createWatcher({ api, control, controlPort }) {
  /** By path: `resource` is what the API has answered and its version, which is the id of the item that tells of it. */
  const watches = new Map()

  /** Answers the resource as it is, and has it watched from now on. */
  function watch(path) {
    const watched = watches.get(path) ?? begin(path)
    watched.usedMs = performance.now()
    return watched.resource
  }

  function begin(path) {
    const watched = { resource: first(path), usedMs: performance.now() }
    watches.set(path, watched)
    follow(path, watched)
      .catch((error) => console.error(`${path}: ${error.message}`))
      .finally(() => watches.delete(path))
    return watched
  }

  async function first(path) {
    return { ...(await ask(api, path)), version: Date.now() }
  }

  /** Asks the API for as long as somebody watches; whoever comes after that begins anew. */
  async function follow(path, watched) {
    let known = await watched.resource
    while (known.status === 200 && (isFresh(watched) || (await isHeld(control, path)))) {
      await sleep(POLL_PERIOD_MS)
      const found = await ask(api, path).catch(() => undefined) // It may be back for the next time.
      if (found?.status !== 200 || found.body === known.body) continue
      known = { ...found, version: known.version + 1 }
      watched.resource = known
      await publishItems(controlPort, [itemOf(path, known)])
    }
  }

  return async (request, response) => {
    const resource = await watch(request.url)
    if (resource.status !== 200) response.writeHead(resource.status).end(resource.body)
    else if (request.headers.accept?.includes('text/event-stream'))
      openStream(response, request.url, resource)
    else answerPoll(request, response, resource)
  }
}

function openStream(response, path, resource) {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Grip-Hold': 'stream',
    'Grip-Channel': `${path}; prev-id=${resource.version}`,
    'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=20',
  })
  response.end(eventOf(resource))
}

function answerPoll(request, response, resource) {
  const headers = headersOf(resource)
  if (request.headers['if-none-match'] !== headers.ETag) {
    response.writeHead(200, headers).end(resource.body)
    return
  }
  response.writeHead(304, {
    ...headers,
    'Grip-Hold': 'response',
    'Grip-Channel': `${request.url}; prev-id=${resource.version}`,
    'Grip-Timeout': String(LONG_POLL_SECONDS),
  })
  response.end()
}

function itemOf(path, resource) {
  const { body, version } = resource
  return {
    channel: path,
    id: String(version),
    'prev-id': String(version - 1),
    formats: {
      'http-stream': { content: eventOf(resource) },
      'http-response': { code: 200, headers: headersOf(resource), body },
    },
  }
}

const headersOf = ({ type, version }) => ({ 'Content-Type': type, ETag: `"${version}"` })

/** Each line of the resource is one of the event. */
function eventOf({ body, version }) {
  return `id: ${version}\n${body.trimEnd().replace(/^/gm, 'data: ')}\n\n`
}

async function ask(api, path) {
  const answer = await fetch(api + path)
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() }
}

const isFresh = ({ usedMs }) => performance.now() - usedMs < FRESH_MS

/** Says whether any stream or long poll waits for changes. */
async function isHeld(control, path) {
  const answer = await fetch(`${control}/channels/${encodeURIComponent(path)}`)
  if (answer.status === 404) return false
  const { holders } = await answer.json()
  return Object.values(holders).some((count) => count > 0)
}
