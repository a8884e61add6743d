/** Says to the centre what clients say, right and wrong, pushes to users through each node, and says what went otherwise than it should. */
import { isDeepStrictEqual } from 'node:util'
import { eventually } from '../support/runExample.mjs'
import { connectClient } from './client.mjs'
import { MAX_SUBSCRIPTIONS } from './origin.mjs'
import { tokenFor } from './token.mjs'

const CLIENTS = 50
const ROUNDS = 10

/** Runs all checks; answers a list of faults, empty when all is well. */
export async function check({ nodes }) {
  const faults = []
  const clients = []
  const connect = async ({ http }) => {
    const client = await connectClient(http)
    clients.push(client)
    return client
  }
  const centre = { faults, nodes, connect }
  try {
    const first = await connect(nodes[0])
    await checkMistakes(centre, first)
    await checkLimit(centre, first)
    for (const node of nodes) await checkUser(centre, node)
    await checkPushes(centre)
    return faults
  } finally {
    for (const client of clients) client.drop()
  }
}

/** Each mistake is answered, and the connection goes on. */
async function checkMistakes({ faults, nodes }, client) {
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
    const status = await push(nodes[0], body)
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

/** A user at one node is pushed to through each, in order, for as long as it is subscribed, and no longer. */
async function checkUser({ faults, nodes, connect }, node) {
  const client = await connect(node)
  await client.ask({ op: 'auth', token: tokenFor('456') })
  await client.ask({ op: 'subscribe', uid: '456' })
  await client.ask({ op: 'subscribe', uid: '789' })
  for (const { name, api } of nodes) await push({ api }, { uid: '456', message: `through ${name}` })
  await client.ask({ op: 'unsubscribe', uid: '456' })
  for (const { api } of nodes) await push({ api }, { uid: '456', message: 'for nobody' })
  // What comes after that shows that nothing of it is still under way.
  for (const { name, api } of nodes) await push({ api }, { uid: '789', message: `last through ${name}` })
  const expected = ['through', 'last through'].flatMap((text) => nodes.map(({ name }) => `${text} ${name}`))
  await eventually(() => client.messages.length >= expected.length)
  const got = client.messages.map(({ message }) => message)
  if (!isDeepStrictEqual(got, expected))
    faults.push(`user 456 at node ${node.name} got ${JSON.stringify(got)}`)
  console.log(`User 456 at node ${node.name} got: ${got.join(', ')}.`)
}

/**
 * Client n listens to users n and n + 1, and from the middle on to n + 1 alone. Clients are at all nodes in turn, and so are the
 * pushes to each user.
 */
async function checkPushes({ faults, nodes, connect }) {
  const inTurn = (n) => nodes[n % nodes.length]
  const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => connect(inTurn(n))))
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
      await push(inTurn(round), { uid: String(uid), message: round })
      if (round < ROUNDS / 2) expected[uid].push({ uid, round })
      if (uid > 0) expected[uid - 1].push({ uid, round })
    }
  }
  await eventually(() => clients.every(({ messages }, n) => messages.length >= expected[n].length))
  for (const [n, { messages }] of clients.entries()) {
    const got = messages.map(({ uid, message }) => ({ uid: Number(uid), round: message }))
    if (!isDeepStrictEqual(got, expected[n])) faults.push(`client ${n} got ${JSON.stringify(got)}`)
  }
  console.log(`${CLIENTS * ROUNDS} pushes to ${CLIENTS} clients, each with two subscriptions and then one.`)
}

function forEach(clients, ask) {
  return Promise.all(clients.flatMap((client, n) => ask(client, n)))
}

async function push({ api }, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(`http://127.0.0.1:${api}/push`, { method: 'POST', body: text })
  await answer.text()
  return answer.status
}
