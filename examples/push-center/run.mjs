/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startHoldfast } from '../support/holdfast.mjs'
import { startCentre } from './origin.mjs'
import { connectUser } from './user.mjs'

const HTTP_PORT = 7999
const CONTROL_PORT = 5561
const API_PORT = 5580
const USERS = 50
/** User 1 has one connection, user 2 two, user 3 three, user 4 one again, and so on. */
const MOST_CONNECTIONS = 3
const MESSAGES = 10
const LEAVING = 10
const DROPPED = 10
const WAIT_LIMIT_MS = 10_000

async function start({ httpPort, controlPort, apiPort } = {}) {
  let takenControlPort = 0
  const { origin, api } = await startCentre({ controlPort: () => takenControlPort, apiPort })
  const originPort = origin.address().port
  const holdfast = await startHoldfast({ httpPort, controlPort, originPort, target: 'over_http' })
  takenControlPort = holdfast.control
  return { holdfast, servers: [origin, api], centre: `http://127.0.0.1:${api.address().port}` }
}

async function check() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const { holdfast, servers, centre } = await start()
  const connections = []
  try {
    for (let uid = 1; uid <= USERS; uid++) {
      for (let i = 0; i <= (uid - 1) % MOST_CONNECTIONS; i++)
        connections.push(await connectUser(String(uid), { port: holdfast.http }))
    }
    return report(await selfCheck(connections, centre), connections.length)
  } finally {
    for (const connection of connections) connection.drop()
    await holdfast.stop()
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  }
}

/** Answers what went wrong. */
async function selfCheck(connections, centre) {
  const faults = []
  for (let number = 1; number <= MESSAGES; number++) {
    for (let uid = 1; uid <= USERS; uid++) {
      const expected = ((uid - 1) % MOST_CONNECTIONS) + 1
      const { connections: told } = await send(centre, String(uid), { to: uid, number })
      if (told !== expected)
        faults.push(`user ${uid} has ${expected} connections, and the centre counts ${told}`)
    }
  }
  await eventually(() => connections.every(({ messages }) => messages.length >= MESSAGES))
  for (const { uid, messages } of connections) {
    const isRight = messages.every((message, i) => message.to === Number(uid) && message.number === i + 1)
    if (!isRight || messages.length !== MESSAGES) faults.push(`user ${uid} got ${JSON.stringify(messages)}`)
  }
  for (const connection of connections.slice(0, LEAVING)) connection.leave()
  for (const connection of connections.slice(-DROPPED)) connection.drop()
  const left = connections.length - LEAVING - DROPPED
  await eventually(async () => (await count(centre)) === left)
  const counted = await count(centre)
  if (counted !== left) faults.push(`${left} connections are left, and the centre counts ${counted}`)
  return faults
}

async function send(centre, uid, message) {
  const answer = await fetch(`${centre}/send`, { method: 'POST', body: JSON.stringify({ uid, message }) })
  if (!answer.ok) throw new Error(`send: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

async function count(centre) {
  const answer = await fetch(`${centre}/connections`)
  return (await answer.json()).connections
}

async function eventually(isTrue) {
  const deadline = performance.now() + WAIT_LIMIT_MS
  while (!(await isTrue()) && performance.now() < deadline) await sleep(5)
}

function report(faults, total) {
  console.log(`${USERS * MESSAGES} messages to ${USERS} users with ${total} connections.`)
  for (const fault of faults) console.error(`wrong: ${fault}`)
  if (faults.length === 0)
    console.log('Each connection got what was sent to its user, and the centre counts those that are left.')
  return faults.length === 0 ? 0 : 1
}

async function serve() {
  const { holdfast, servers } = await start({
    httpPort: HTTP_PORT,
    controlPort: CONTROL_PORT,
    apiPort: API_PORT,
  })
  console.log(
    `Listening on ws://127.0.0.1:${HTTP_PORT}/connect?uid=NUMBER, and for messages on http://127.0.0.1:${API_PORT}/send; ` +
      'see README.md for what to type.',
  )
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, holdfast.stop)
  await holdfast.exited
  for (const server of servers) server.close()
  return 0
}

process.exitCode = await (process.argv.includes('--serve') ? serve() : check())
