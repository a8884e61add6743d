/** Fills a conversation with users, kicks them at a steady rate, and says what it measured and what went wrong. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createPublisher } from './publish.mjs'
import { connectUser } from './user.mjs'

const USERS = 300
const KICKS_PER_SECOND = 300
const WARM_UP_SECONDS = 2
const MEASURED_SECONDS = 4
const SHARED_PER_SECOND = 20
const WITNESS = 42
const WAIT_LIMIT_MS = 10_000

/** The bound that this example must hold: publish to the end of the client's stream, 99 of 100. */
export const P99_LIMIT_MS = 100

/** Runs all checks against a running holdfast; answers the latencies in ms and a list of faults, empty when all is well. */
export async function selfCheck({ httpPort, controlPort }) {
  const room = createRoom({ httpPort, publisher: createPublisher(controlPort) })
  try {
    await room.fill()
    await kickOne(room)
    await kickMany(room, WARM_UP_SECONDS)
    room.latencies.length = 0 // Until here both programs were busy compiling themselves.
    await kickMany(room, MEASURED_SECONDS)
    await shareLast(room)
    return { latencies: room.latencies.sort((a, b) => a - b), faults: room.faults }
  } finally {
    room.empty()
  }
}

/** The state of the run: who is connected, what was shared, what was measured, what went wrong. */
function createRoom({ httpPort, publisher }) {
  const connections = new Map()
  const room = { publisher, connections, latencies: [], faults: [], shared: 0, accepted: 0 }
  room.join = async (user) => {
    const connection = await connectUser(user, { port: httpPort })
    connections.set(user, connection)
    connection.joinedAfter = room.shared
    connection.ended.then(({ clean }) => {
      if (!clean && !room.isEmptying) room.faults.push(`user ${user}: the stream broke off instead of ending`)
      if (!connection.isKicked && !room.isEmptying) room.faults.push(`user ${user} was ended without a kick`)
    })
  }
  room.fill = () => Promise.all(Array.from({ length: USERS }, (_, index) => room.join(index + 1)))
  room.share = async () => {
    const number = ++room.shared
    await publisher.share(number)
    room.accepted = number
  }
  room.empty = () => {
    room.isEmptying = true
    for (const connection of connections.values()) connection.leave()
    publisher.close()
  }
  return room
}

/** Kicks one user and sees that all others, and only they, get the next shared item. */
async function kickOne(room) {
  const kicked = room.connections.get(WITNESS)
  await kick(room, WITNESS)
  await room.share()
  const others = [...room.connections.values()].filter((connection) => connection !== kicked)
  await reached(room, others, room.shared)
  if (kicked.items.length > 0) room.faults.push(`user ${WITNESS} got an item after the kick`)
  await room.join(WITNESS)
}

/** Kicks user after user at the set rate while items are shared; each one kicked comes back at once. */
async function kickMany(room, seconds) {
  const start = performance.now()
  const total = KICKS_PER_SECOND * seconds
  const pending = []
  for (let count = 0; count < total; count++) {
    await until(start + (count * 1000) / KICKS_PER_SECOND)
    const user = (count % USERS) + 1
    pending.push(
      noted(
        room,
        kick(room, user).then(() => room.join(user)),
      ),
    )
    if (count % (KICKS_PER_SECOND / SHARED_PER_SECOND) === 0) pending.push(noted(room, room.share()))
  }
  await Promise.all(pending)
}

/** Turns a failure into a fault when it happens, which may be long before somebody waits for the promise. */
function noted(room, promise) {
  return promise.catch((error) => room.faults.push(error.message))
}

async function kick(room, user) {
  const connection = room.connections.get(user)
  if (!connection.isOpen) throw new Error(`user ${user} was not back when the next kick was due`)
  connection.isKicked = true
  const { accepted } = room
  const start = performance.now()
  await room.publisher.kick(user)
  const { at } = await within(connection.ended, `the end of user ${user}'s stream`)
  room.latencies.push(at - start)
  checkItems(room, connection, accepted)
}

/** Everybody is back by now: the last shared item reaches all. */
async function shareLast(room) {
  await room.share()
  await reached(room, [...room.connections.values()], room.shared)
  for (const connection of room.connections.values()) checkItems(room, connection, room.shared)
}

/** From its welcome on, a connection gets every item, once and in order, up to those accepted before its kick. */
function checkItems(room, { user, items, joinedAfter }, accepted) {
  const isUnbroken = items.every((number, index) => index === 0 || number === items[index - 1] + 1)
  const hasFirst = accepted <= joinedAfter || items[0] <= joinedAfter + 1
  const hasLast = accepted <= joinedAfter || items.at(-1) >= accepted
  if (isUnbroken && hasFirst && hasLast) return
  room.faults.push(`user ${user} got items [${items}] and should have had ${joinedAfter + 1} to ${accepted}`)
}

async function reached(room, connections, number) {
  const deadline = performance.now() + WAIT_LIMIT_MS
  const isMissing = ({ items }) => items.at(-1) !== number
  while (connections.some(isMissing) && performance.now() < deadline) await sleep(1)
  for (const { user } of connections.filter(isMissing))
    room.faults.push(`user ${user} did not get item ${number}`)
}

async function until(time) {
  const wait = time - performance.now()
  if (wait > 0) await sleep(wait)
}

function within(promise, what) {
  let timer
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${WAIT_LIMIT_MS} ms`)), WAIT_LIMIT_MS)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}
