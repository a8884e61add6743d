/** Watches a resource of the API by streams and long polls while it changes, and sees what the API notices of them: next to nothing. */
import { EventSource } from 'eventsource'
import { eventually } from '../support/runExample.mjs'

const STREAMS = 20
const POLLERS = 20
const CHANGES = 5

/** Answers what went wrong. */
export async function check({ url, api }) {
  const watchers = [
    ...Array.from({ length: STREAMS }, () => openStream(url)),
    ...Array.from({ length: POLLERS }, () => beginPolling(url)),
  ]
  const askedBefore = api.asked
  const startMs = performance.now()
  const expected = ['buy milk', ...Array.from({ length: CHANGES }, (_, i) => `buy ${i + 2} bottles of milk`)]
  for (const [i, text] of expected.entries()) {
    if (i > 0) await change(url, text)
    await eventually(() => watchers.every(({ seen }) => seen.length > i))
  }
  const faults = watchers
    .filter(({ seen }) => seen.join() !== expected.join())
    .map(({ kind, seen }) => `a ${kind} saw ${JSON.stringify(seen)}`)
  // Five times a second, for the first answer, and to change it.
  const most = ((performance.now() - startMs) / 1000) * 5 + 1 + CHANGES
  if (api.asked - askedBefore > most) faults.push(`the API was asked ${api.asked - askedBefore} times`)
  for (const watcher of watchers) watcher.stop()
  return [...faults, ...(await checkRest(url, api))]
}

/** When nobody watches, the API is left alone; what it refuses is refused. */
async function checkRest(url, api) {
  const faults = []
  const missing = await fetch(`${url}/live/todos/99`)
  if (missing.status !== 404) faults.push(`what does not exist is answered ${missing.status}`)
  let asked = -1
  const isLeftAlone = await eventually(async () => {
    const isSame = asked === api.asked
    asked = api.asked
    await new Promise((resolve) => setTimeout(resolve, 500)) // Longer than the watcher's period.
    return isSame && asked === api.asked
  })
  return isLeftAlone ? faults : [...faults, 'the API is asked though nobody watches']
}

function openStream(url) {
  const watcher = { kind: 'stream', seen: [], stop: () => source.close() }
  const source = new EventSource(`${url}/live/todos/1`)
  source.onmessage = ({ data }) => watcher.seen.push(JSON.parse(data).text)
  return watcher
}

function beginPolling(url) {
  const stopped = new AbortController()
  const watcher = { kind: 'long poll', seen: [], stop: () => stopped.abort() }
  poll(`${url}/live/todos/1`, { watcher, signal: stopped.signal }).catch((error) => {
    if (!stopped.signal.aborted) watcher.seen.push(`failed: ${error.message}`)
  })
  return watcher
}

async function poll(url, { watcher, signal }) {
  let headers = {}
  for (;;) {
    const answer = await fetch(url, { headers, signal })
    if (answer.status === 200) watcher.seen.push((await answer.json()).text)
    headers = { 'If-None-Match': answer.headers.get('etag') }
  }
}

async function change(url, text) {
  const answer = await fetch(`${url}/todos/1`, { method: 'PUT', body: JSON.stringify({ text, done: false }) })
  if (!answer.ok) throw new Error(`PUT: ${answer.status} ${await answer.text()}`)
  await answer.text()
}
