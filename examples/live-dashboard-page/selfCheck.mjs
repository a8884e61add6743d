/** Watches the numbers as many pages would, and sees that each was shown all that were published while it looked. */
import { EventSource } from 'eventsource'
import { eventually } from '../support/runExample.mjs'

const WATCHERS = 20
const EVENTS = 6

/** Answers what went wrong. */
export async function check({ url, published }) {
  const faults = []
  const page = await fetch(url)
  if (!page.headers.get('content-type')?.startsWith('text/html')) faults.push(`${url} is no page`)
  await page.text()
  const watchers = Array.from({ length: WATCHERS }, () => watch(`${url}numbers`))
  const haveEnough = () => watchers.every(({ seen }) => seen.length >= EVENTS)
  if (!(await eventually(haveEnough))) faults.push('not all watchers were told of changes')
  for (const watcher of watchers) watcher.stop()
  for (const { seen } of watchers) {
    const first = published.indexOf(seen[0])
    const expected = published.slice(first, first + seen.length)
    if (first < 0 || seen.join() !== expected.join())
      faults.push(`a watcher saw ${seen} instead of ${expected}`)
  }
  return faults
}

function watch(url) {
  const source = new EventSource(url)
  const watcher = { seen: [], stop: () => source.close() }
  source.onmessage = ({ data }) => watcher.seen.push(data)
  return watcher
}
