/** Lets a model speak to readers that are cut off at random, and checks that each has heard every token once, in order. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startHoldfast } from '../support/holdfast.mjs'
import { startOrigin } from './origin.mjs'
import { publishToken } from './publish.mjs'
import { createReader } from './reader.mjs'

const READERS = 50
const TOKENS = 1000
const TOKENS_PER_SECOND = 200
const CUTS_PER_SECOND = 100
/** A reader that is away for so long has missed more tokens than holdfast keeps. */
const LONG_AWAY_MS = 1000
const LONG_AWAY_SHARE = 0.05
const WAIT_LIMIT_MS = 10_000
const WORDS = ['Hold', ' the', ' line', ',', ' nothing', ' is', ' lost', '.', '\n', ' 😀']

async function check() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const tokens = []
  const origin = await startOrigin(tokens)
  const holdfast = await startHoldfast({ originPort: origin.server.address().port })
  const readers = Array.from({ length: READERS }, () => createReader(holdfast.http))
  const cutting = setInterval(() => cutOne(readers), 1000 / CUTS_PER_SECOND)
  try {
    await speak(tokens, holdfast.control)
    clearInterval(cutting)
    await heard(readers)
    return report(readers, { tokens, origin })
  } finally {
    clearInterval(cutting)
    for (const reader of readers) reader.stop()
    await holdfast.stop()
    origin.server.close()
  }
}

function cutOne(readers) {
  const reader = readers[Math.floor(Math.random() * readers.length)]
  reader.cut(Math.random() < LONG_AWAY_SHARE ? LONG_AWAY_MS : 0)
}

/** The model: each token is written down, then published. */
async function speak(tokens, controlPort) {
  const start = performance.now()
  for (let id = 1; id <= TOKENS; id++) {
    const token = `${WORDS[id % WORDS.length]}`
    tokens.push(token)
    await publishToken(controlPort, { id, token })
    const wait = start + (id * 1000) / TOKENS_PER_SECOND - performance.now()
    if (wait > 0) await sleep(wait)
  }
}

async function heard(readers) {
  const deadline = performance.now() + WAIT_LIMIT_MS
  while (readers.some(({ tokens }) => tokens.length < TOKENS) && performance.now() < deadline) await sleep(5)
}

function report(readers, { tokens, origin }) {
  const said = tokens.join('')
  const problems = readers.flatMap((reader, i) =>
    reader.tokens.join('') === said && reader.tokens.length === TOKENS
      ? []
      : [`reader ${i + 1} has ${reader.tokens.length} tokens, the last with id ${reader.lastId}`],
  )
  const cuts = readers.reduce((sum, reader) => sum + reader.cuts, 0)
  console.log(`${TOKENS} tokens to ${READERS} readers, cut off ${cuts} times.`)
  console.log(
    `The origin was asked ${origin.asked} times, and ${origin.askedAgain} times for what holdfast had no more.`,
  )
  for (const problem of problems) console.error(`wrong: ${problem}`)
  if (problems.length === 0) console.log('Each reader heard every token exactly once, in order.')
  return problems.length === 0 ? 0 : 1
}

process.exitCode = await check()
