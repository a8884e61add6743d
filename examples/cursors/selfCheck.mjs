/** Lets people come, move, and go, with and without a goodbye, and sees what the others are told. */
import WebSocket from 'ws'
import { eventually } from '../support/runExample.mjs'

const NAMES = ['ann', 'bob', 'cy', 'dee', 'eve']
const MOVES = 20

/** Answers what went wrong. */
export async function check({ address }) {
  const people = []
  try {
    for (const name of NAMES) people.push(await come(name, address))
    const faults = [...(await checkMoves(people)), ...(await checkLeaving(people))]
    const refused = await come('N0body', address).catch((error) => error.message)
    if (!String(refused).includes('403')) faults.push('a bad name was let in')
    return faults
  } finally {
    for (const { socket } of people) socket.terminate()
  }
}

/** Everybody moves, and everybody sees each end where they did. */
async function checkMoves(people) {
  for (let move = 1; move <= MOVES; move++)
    for (const { socket } of people) socket.send(JSON.stringify({ x: move / MOVES, y: 0.5 }))
  const isSettled = ({ seen }) => seen.size === NAMES.length && [...seen.values()].every(({ x }) => x === 1)
  await eventually(() => people.every(isSettled))
  const wrong = people.filter((person) => !isSettled(person))
  return wrong.map(({ name, seen }) => `${name} sees ${JSON.stringify([...seen.values()])}`)
}

/** One says goodbye and one breaks off: the others see neither any more. */
async function checkLeaving([leaving, breaking, ...others]) {
  leaving.socket.close(1000)
  breaking.socket.terminate()
  const names = ({ seen }) =>
    [...seen.values()]
      .map(({ name }) => name)
      .sort()
      .join()
  const expected = others
    .map(({ name }) => name)
    .sort()
    .join()
  await eventually(() => others.every((person) => names(person) === expected))
  return others
    .filter((person) => names(person) !== expected)
    .map((person) => `${person.name} sees ${names(person)}`)
}

/** Answers when the one who came has been told who is there; `seen` are all people by their id. */
function come(name, address) {
  const socket = new WebSocket(`ws://${address}/cursors?name=${name}`)
  const person = { name, socket, seen: new Map() }
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString())
      if (message.type === 'gone') person.seen.delete(message.id)
      if (message.type === 'moved') person.seen.set(message.person.id, message.person)
      if (message.type !== 'welcome') return
      for (const other of message.here) person.seen.set(other.id, other)
      resolve(person)
    })
  })
}
