/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { ensureReady } from '../../tools/ensureReady.mjs'

const PORT = 7999
const VIEWERS = 20
const VOTES = 50

ensureReady()
const { startVote } = await import('./app.mjs')
const { readEvents } = await import('../support/readEvents.mjs')

async function check() {
  const server = await startVote(0)
  try {
    const viewers = await Promise.all(
      Array.from({ length: VIEWERS }, () => readEvents(`${server.url}/votes`)),
    )
    await Promise.all(viewers.map((viewer) => viewer.next()))
    const faults = []
    for (let count = 1; count <= VOTES; count++) {
      const answer = await fetch(`${server.url}/vote/tea`, { method: 'POST' })
      const { told } = await answer.json()
      if (told !== VIEWERS) faults.push(`vote ${count} was told to ${told} of ${VIEWERS} viewers`)
    }
    for (const [i, viewer] of viewers.entries()) {
      for (let count = 1; count <= VOTES; count++) {
        const { tea } = JSON.parse(await viewer.next())
        if (tea !== count) faults.push(`viewer ${i + 1} saw ${tea} and not ${count}`)
      }
      viewer.close()
    }
    return report(faults)
  } finally {
    await server.close()
  }
}

function report(faults) {
  for (const fault of faults) console.error(`wrong: ${fault}`)
  if (faults.length === 0)
    console.log(`${VIEWERS} viewers saw ${VOTES} votes, each once and in order, in one process.`)
  return faults.length === 0 ? 0 : 1
}

async function serve() {
  const server = await startVote(process.argv.includes('--free-ports') ? 0 : PORT)
  console.log(`Open ${server.url} in two windows, and vote.`)
  process.once('SIGINT', () => server.close())
}

if (process.argv.includes('--serve')) await serve()
else process.exitCode = await check()
