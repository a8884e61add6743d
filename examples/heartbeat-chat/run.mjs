/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startHoldfast } from '../support/holdfast.mjs'
import { join } from './member.mjs'
import { startChat } from './origin.mjs'

const HTTP_PORT = 7999
const CONTROL_PORT = 5561
const MEMBERS = 20
const WAIT_LIMIT_MS = 10_000

/** A member that is silent for so long is asked for a sign of life, and given up after two that it does not give. */
const PING_INTERVAL_SECONDS = 1

async function start(ports = {}) {
  let controlPort = 0
  const origin = await startChat({ controlPort: () => controlPort })
  const holdfast = await startHoldfast({
    ...ports,
    originPort: origin.address().port,
    target: 'over_http',
    runner: [`client_ping_interval=${PING_INTERVAL_SECONDS}`],
  })
  controlPort = holdfast.control
  return { origin, holdfast }
}

async function check() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const { origin, holdfast } = await start()
  const members = []
  try {
    for (let i = 1; i <= MEMBERS; i++) members.push(await join(`member${i}`, { port: holdfast.http }))
    return report(await selfCheck(members))
  } finally {
    for (const member of members) member.end()
    await holdfast.stop()
    origin.close()
    origin.closeAllConnections()
  }
}

/** Answers what went wrong, and how long it took until the dead member was found. */
async function selfCheck(members) {
  const [ann, bob, frozen, leaver] = members
  const others = members.filter((member) => member !== frozen && member !== leaver)
  const faults = []
  const expectAll = async (listeners, what) => {
    const missing = await notHeard(listeners, what)
    for (const { name } of missing) faults.push(`${name} did not hear ${JSON.stringify(what)}`)
  }
  ann.say({ text: 'hello' })
  await expectAll(members, { from: ann.name, text: 'hello' })
  ann.say({ to: bob.name, text: 'for you' })
  await expectAll([bob], { from: ann.name, to: bob.name, text: 'for you' })
  leaver.leave()
  await expectAll(others, { left: leaver.name })
  const start = performance.now()
  frozen.freeze()
  await expectAll(others, { lost: frozen.name })
  const foundMs = performance.now() - start
  // Longer than it took to find the dead one: the living answer, and stay.
  await sleep(foundMs)
  bob.say({ text: 'all here?' })
  await expectAll(others, { from: bob.name, text: 'all here?' })
  for (const member of others) faults.push(...tooMuch(member, { isAddressed: member === bob }))
  return { faults, foundMs }
}

async function notHeard(listeners, what) {
  const isMissing = ({ heard }) => !heard.some((message) => JSON.stringify(message) === JSON.stringify(what))
  const deadline = performance.now() + WAIT_LIMIT_MS
  while (listeners.some(isMissing) && performance.now() < deadline) await sleep(5)
  return listeners.filter(isMissing)
}

/** Beside who joined, a member hears two messages to all, one who left and one who is lost; each once. */
function tooMuch({ name, heard }, { isAddressed }) {
  const count = heard.filter(({ joined }) => joined === undefined).length
  const expected = isAddressed ? 5 : 4
  return count === expected ? [] : [`${name} heard ${count} messages and should have heard ${expected}`]
}

function report({ faults, foundMs }) {
  console.log(`${MEMBERS} members; the dead one was found after ${(foundMs / 1000).toFixed(1)} s.`)
  for (const fault of faults) console.error(`wrong: ${fault}`)
  if (faults.length === 0) console.log('Everybody heard what was for them, once, and the living stayed.')
  return faults.length === 0 ? 0 : 1
}

async function serve() {
  const { origin, holdfast } = await start({ httpPort: HTTP_PORT, controlPort: CONTROL_PORT })
  console.log(`Listening on ws://127.0.0.1:${HTTP_PORT}/chat?name=YOU; see README.md for what to type.`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, holdfast.stop)
  await holdfast.exited
  origin.close()
  return 0
}

process.exitCode = await (process.argv.includes('--serve') ? serve() : check())
