/** Follows the news by streams and by long polls while they are sent, and sees that each got all of them in order. */
import { EventSource } from 'eventsource'
import { eventually } from '../support/runExample.mjs'

const STREAMS = 10
const POLLERS = 10
const NEWS = Array.from({ length: 30 }, (_, i) => `news ${i + 1}`)

/** Answers what went wrong. */
export async function check({ url }) {
  await send(url, NEWS[0]) // What came before the first reader did counts, too.
  const readers = [
    ...Array.from({ length: STREAMS }, () => openStream(url)),
    ...Array.from({ length: POLLERS }, () => beginPolling(url)),
  ]
  try {
    await eventually(() => readers.every(({ heard }) => heard.length === 1))
    for (const text of NEWS.slice(1)) await send(url, text)
    await eventually(() => readers.every(({ heard }) => heard.length >= NEWS.length))
  } finally {
    for (const reader of readers) reader.stop()
  }
  const wrong = readers.filter(({ heard }) => heard.join() !== NEWS.join())
  return wrong.map(({ kind, heard }) => `a ${kind} heard ${JSON.stringify(heard)}`)
}

function openStream(url) {
  const reader = { kind: 'stream', heard: [], stop: () => source.close() }
  const source = new EventSource(`${url}/stream`)
  source.onmessage = ({ data }) => reader.heard.push(data)
  return reader
}

function beginPolling(url) {
  const stopped = new AbortController()
  const reader = { kind: 'long poll', heard: [], stop: () => stopped.abort() }
  poll(url, { reader, signal: stopped.signal }).catch((error) => {
    if (!stopped.signal.aborted) reader.heard.push(`failed: ${error.message}`)
  })
  return reader
}

async function poll(url, { reader, signal }) {
  for (;;) {
    const answer = await fetch(`${url}/poll?after=${reader.heard.length}`, { signal })
    reader.heard.push(...(await answer.json()).news)
  }
}

async function send(url, text) {
  const answer = await fetch(`${url}/news`, { method: 'POST', body: text })
  if (!answer.ok) throw new Error(`news: ${answer.status} ${await answer.text()}`)
  await answer.text()
}
