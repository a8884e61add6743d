/** Jobs that report how far they are: a Fastify app with holdfast in the same process, made a part of it by a plugin. */
import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify from 'fastify'
import { createServer } from 'holdfast'

const STEPS = 10

/** Starts it on `port` (0 takes a free one); answers the app, whose `close` ends all, and where clients connect. */
export async function startJobs(port, { log = false } = {}) {
  const app = Fastify({ logger: log })
  const server = createServer({
    origin: { listener: (request, response) => app.routing(request, response) },
    log: log ? app.log : undefined,
  })
  app.decorate('holdfast', server)
  app.addHook('onClose', () => server.close())
  addRoutes(app, new Map())
  await app.ready()
  await server.listen(port)
  return { app, url: server.url }
}

function addRoutes(app, jobs) {
  app.post('/jobs', async (_request, reply) => {
    const job = { id: randomUUID(), step: 0 }
    jobs.set(job.id, job)
    return reply.code(201).send({ id: job.id })
  })

  // Who comes in the middle of a job gets what it missed: the ids make a chain, of which holdfast keeps the end.
  app.get('/jobs/:id/events', async (request, reply) => {
    const job = jobs.get(request.params.id)
    if (job === undefined) return reply.code(404).send({ error: 'no such job' })
    return reply
      .headers({
        'Content-Type': 'text/event-stream',
        'Grip-Hold': 'stream',
        'Grip-Channel': `job-${job.id}; prev-id=${job.step}`,
      })
      .send(stepEvent(job.step))
  })

  app.post('/jobs/:id/start', async (request, reply) => {
    const job = jobs.get(request.params.id)
    if (job === undefined) return reply.code(404).send({ error: 'no such job' })
    run(app, job).catch((error) => app.log.error(error))
    return reply.code(202).send({ steps: STEPS })
  })
}

/** Does the work, which is none here, and tells of each step. */
async function run(app, job) {
  while (job.step < STEPS) {
    await turn()
    job.step++
    const chain = { id: `${job.step}`, 'prev-id': `${job.step - 1}` }
    await app.holdfast.publish(`job-${job.id}`, { 'http-stream': { content: stepEvent(job.step) } }, chain)
  }
  const last = { id: `${STEPS + 1}`, 'prev-id': `${STEPS}` }
  await app.holdfast.publish(`job-${job.id}`, { 'http-stream': { action: 'close' } }, last)
}

const stepEvent = (step) => `id: ${step}\ndata: ${step}/${STEPS}\n\n`
