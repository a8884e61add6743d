/** Connects browsers' `EventSource`s (the package of this name), cuts them off, and sees that each gets all that is for its user. */
import { EventSource } from 'eventsource'
import { eventually } from '../support/runExample.mjs'

const USERS = ['ann', 'bob', 'cy', 'dee']
const WINDOWS = 3
const ROUNDS = 20

/** Answers what went wrong. */
export async function check({ centre }) {
  const windows = USERS.flatMap((user) => Array.from({ length: WINDOWS }, () => openWindow(user, centre)))
  try {
    const faults = []
    if (!(await eventually(() => windows.every(({ opened }) => opened === 1))))
      faults.push('not all streams opened')
    for (let round = 0; round < ROUNDS; round++) {
      await send(centre, { text: `to all ${round}` })
      windows[round % windows.length].cut() // It misses what is sent until it is back.
      for (const to of USERS) await send(centre, { to, text: `to ${to} ${round}` })
    }
    await eventually(() => windows.every(({ texts }) => texts.length >= 2 * ROUNDS))
    faults.push(
      ...windows.flatMap(faultsOf),
      ...(await checkRead(windows, centre)),
      ...(await checkOrigin(centre)),
    )
    return faults
  } finally {
    for (const window of windows) window.close()
  }
}

function openWindow(user, { events, pageOrigin }) {
  const window = { user, texts: [], opened: 0, readUpTo: undefined, lastId: 0 }
  let drop
  // As the package tells: a fetch of one's own, here one that can be broken off.
  const fetchStream = (url, init) => {
    const cut = new AbortController()
    drop = () => cut.abort(new TypeError('cut off'))
    const signal = AbortSignal.any([init.signal, cut.signal])
    return fetch(url, { ...init, headers: { ...init.headers, Origin: pageOrigin }, signal })
  }
  const source = new EventSource(`${events}/events?user=${user}`, { fetch: fetchStream })
  source.onopen = () => {
    window.opened++
  }
  source.onmessage = ({ data }) => {
    const { id, text } = JSON.parse(data)
    window.texts.push(text)
    window.lastId = id
  }
  source.addEventListener('read', ({ data }) => {
    window.readUpTo = Number(data)
  })
  window.cut = () => drop()
  window.close = () => source.close()
  return window
}

function faultsOf({ user, texts, opened }) {
  if (opened < 2) return [`a window of ${user} was never cut off`]
  const expected = Array.from({ length: ROUNDS }, (_, round) => [
    `to all ${round}`,
    `to ${user} ${round}`,
  ]).flat()
  return texts.join() === expected.join() ? [] : [`${user} got ${JSON.stringify(texts)}`]
}

/** What ann reads in one window is read in her others, and in nobody else's. */
async function checkRead(windows, { events }) {
  const [{ user, lastId }] = windows
  await fetch(`${events}/read?user=${user}&upTo=${lastId}`, { method: 'POST' })
  const areTold = () =>
    windows.every((window) => (window.user === user ? window.readUpTo === lastId : window.readUpTo === 0))
  return (await eventually(areTold)) ? [] : [`${user}'s windows were not all told what she has read`]
}

/** The page's origin may read the stream, and mistakes are answered. */
async function checkOrigin({ events, send: sendUrl, pageOrigin }) {
  const refused = await fetch(`${events}/events`, { headers: { Origin: pageOrigin } })
  const faults = refused.status === 400 ? [] : [`a stream without a user is answered ${refused.status}`]
  if (refused.headers.get('access-control-allow-origin') !== pageOrigin) faults.push('the page may not read')
  const wrong = await fetch(sendUrl, { method: 'POST', body: '{"to": 1}' })
  if (wrong.status !== 400) faults.push(`a notification without a text is answered ${wrong.status}`)
  return faults
}

async function send({ send: url }, notification) {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(notification) })
  if (!answer.ok) throw new Error(`send: ${answer.status} ${await answer.text()}`)
  await answer.text()
}
