/** `node run.mjs` checks itself and ends; `node run.mjs --serve` stays, for trying by hand. */
import { ensureReady } from '../../tools/ensureReady.mjs'

const PORT = 7999
const JOBS = 20

ensureReady()
const { startJobs } = await import('./app.mjs')
const { readEvents } = await import('../support/readEvents.mjs')

async function check() {
  const { app, url } = await startJobs(0)
  try {
    const seen = await Promise.all(Array.from({ length: JOBS }, () => follow(url)))
    const expected = Array.from({ length: 11 }, (_, step) => `${step}/10`).join(' ')
    return report(seen.filter((steps) => steps !== expected))
  } finally {
    await app.close()
  }
}

/** Starts a job and answers the steps that a client saw of it. */
async function follow(url) {
  const { id } = await (await fetch(`${url}/jobs`, { method: 'POST' })).json()
  const events = await readEvents(`${url}/jobs/${id}/events`)
  await fetch(`${url}/jobs/${id}/start`, { method: 'POST' })
  const steps = []
  for (let step = await events.next(); step !== undefined; step = await events.next()) steps.push(step)
  return steps.join(' ')
}

function report(wrong) {
  for (const steps of wrong) console.error(`wrong: a client saw ${steps}`)
  if (wrong.length === 0)
    console.log(`${JOBS} clients saw each step of their job, once and in order, and then the end.`)
  return wrong.length === 0 ? 0 : 1
}

async function serve() {
  const { app, url } = await startJobs(PORT, { log: true })
  console.log(
    `curl -X POST ${url}/jobs, then curl -N ${url}/jobs/ID/events, then curl -X POST ${url}/jobs/ID/start`,
  )
  process.once('SIGINT', () => app.close())
}

if (process.argv.includes('--serve')) await serve()
else process.exitCode = await check()
