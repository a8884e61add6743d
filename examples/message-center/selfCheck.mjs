/** Says to the centre what clients say, right and wrong, pushes to users, and says what went otherwise than it should. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { connectClient } from './client.mjs'
import { MAX_SUBSCRIPTIONS } from './origin.mjs'
import { tokenFor } from './token.mjs'

export const CLIENTS = 50
export const ROUNDS = 10
const WAIT_LIMIT_MS = 10_000

/** Runs all checks; answers a list of faults, empty when all is well. */
export async function selfCheck({ httpPort, apiPort }) {
  const faults = []
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connectClient(httpPort)))
  const centre = { faults, clients, push: (body) => push(apiPort, body) }
  try {
    await checkMistakes(centre, clients[0])
    await checkLimit(centre, clients[0])
    await checkPushes(centre)
    return faults
  } finally {
    for (const client of clients) client.drop()
  }
}

/** Each mistake is answered, and the connection goes on. */
async function checkMistakes({ faults, push }, client) {
  const expect = async (message, expected) => {
    const reply = await client.ask(message)
    const got = reply.error ?? reply.uids ?? reply.uid
    if (!isDeepStrictEqual(got, expected)) faults.push(`${JSON.stringify(message)}: ${JSON.stringify(reply)}`)
  }
  await expect({ op: 'subscribe', uid: '1' }, 'not-authenticated')
  await expect('{"op"', 'not-json')
  await expect('null', 'no-op')
  await expect({ op: 'constructor' }, 'unknown-op')
  await expect({ op: 'auth', token: tokenFor('1').replace('1.', '2.') }, 'bad-token')
  await expect({ op: 'auth' }, 'bad-token')
  await expect({ op: 'auth', token: tokenFor('1') }, '1')
  await expect({ op: 'subscribe', uid: 1 }, 'bad-uid')
  await expect({ op: 'unsubscribe', uid: '1' }, 'not-subscribed')
  await expect({ op: 'subscribe', uid: '1' }, ['1'])
  await expect({ op: 'unsubscribe', uid: '1' }, [])
  for (const body of ['', 'null', '{"uid":1,"message":"x"}', '{"uid":"1"}']) {
    const status = await push(body)
    if (status !== 400) faults.push(`push of '${body}': ${status}`)
  }
}

async function checkLimit({ faults }, client) {
  const uids = Array.from({ length: MAX_SUBSCRIPTIONS + 1 }, (_, i) => String(1_000_000 + i))
  const replies = []
  for (const uid of uids) replies.push(await client.ask({ op: 'subscribe', uid }))
  const errors = replies.map(({ error }) => error).filter((error) => error !== undefined)
  if (!isDeepStrictEqual(errors, ['too-many'])) faults.push(`${uids.length} subscriptions: ${errors}`)
  for (const uid of uids.slice(0, MAX_SUBSCRIPTIONS)) await client.ask({ op: 'unsubscribe', uid })
}

/** Client n listens to users n and n + 1, and from the middle on to n + 1 alone; all asked at once, in one go each. */
async function checkPushes({ faults, clients, push }) {
  const expected = clients.map(() => [])
  await forEach(clients, (client, n) => [
    client.ask({ op: 'auth', token: tokenFor(String(n)) }),
    client.ask({ op: 'subscribe', uid: String(n) }),
    client.ask({ op: 'subscribe', uid: String(n + 1) }),
  ])
  for (let round = 1; round <= ROUNDS; round++) {
    if (round === ROUNDS / 2) {
      await forEach(clients, (client, n) => [client.ask({ op: 'unsubscribe', uid: String(n) })])
    }
    for (let uid = 0; uid < CLIENTS; uid++) {
      await push(JSON.stringify({ uid: String(uid), message: round }))
      if (round < ROUNDS / 2) expected[uid].push({ uid, round })
      if (uid > 0) expected[uid - 1].push({ uid, round })
    }
  }
  await eventually(() => clients.every(({ messages }, n) => messages.length >= expected[n].length))
  for (const [n, { messages }] of clients.entries()) {
    const got = messages.map(({ uid, message }) => ({ uid: Number(uid), round: message }))
    if (!isDeepStrictEqual(got, expected[n])) faults.push(`client ${n} got ${JSON.stringify(got)}`)
  }
}

function forEach(clients, ask) {
  return Promise.all(clients.flatMap((client, n) => ask(client, n)))
}

async function push(apiPort, body) {
  const answer = await fetch(`http://127.0.0.1:${apiPort}/push`, { method: 'POST', body })
  await answer.text()
  return answer.status
}

async function eventually(isTrue) {
  const deadline = performance.now() + WAIT_LIMIT_MS
  while (!isTrue() && performance.now() < deadline) await sleep(5)
}
