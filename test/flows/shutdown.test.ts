import { afterEach, beforeEach, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { get, requestBytes } from '../support/client.ts'
import { Flow } from '../support/flow.ts'
import { startOrigin } from '../support/origin.ts'
import { connect } from '../support/rawClient.ts'
import { describeFlows, holdfastOnly, oneNodeOnly, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itDrains = holdfastOnly(it, 'Pushpin drops its clients when it stops')
let flow: Flow
beforeEach(async () => {
  flow = new Flow()
  flow.origin = await startOrigin()
  flow.server = await startTarget({
    routes: [`* ${flow.origin.address}`],
    conf: { runner: { drain_timeout: 2 } },
  })
})
afterEach(async () => {
  await flow.server.stop()
  await flow.origin.stop()
})

/** Tells whether the server no longer accepts connections. */
const isRefusing = () =>
  connect(flow.server.port).then(
    (client) => {
      client.destroy()
      return false
    },
    () => true,
  )

describeFlows('a server that is told to stop', () => {
  itDrains.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s gives long polls their timeout response',
    async (signal) => {
      const answer = {
        status: 202,
        headers: { 'Grip-Timeout': '60', 'X-From-Origin': 'yes' },
        body: 'ask again\n',
      }
      const { poll } = await flow.heldPoll(answer)
      flow.server.signal(signal)
      const response = await poll.answer()
      expect(response.status).toBe(202)
      expect(response.header('x-from-origin')).toBe('yes')
      expect(response.header('connection')).toBe('close')
      expect(response.text).toBe('ask again\n')
      await poll.client.closed()
      expect(await flow.server.exited()).toBe(0)
    },
  )

  const itAnswers = oneNodeOnly(
    itDrains,
    'only the node of the clients is told to stop, and the other one asked',
  )
  itAnswers('is alive and not ready while it lets clients go', async () => {
    // So many are let go over more than a second.
    const streams = await Promise.all(Array.from({ length: 150 }, () => flow.heldStream()))
    const admin = new AdminClient(flow.server)
    flow.server.signal('SIGTERM')
    await eventually('it says so', async () => {
      const answer = await admin.request('GET', '/readyz')
      return answer.status === 503 && JSON.parse(answer.text).failed.join() === 'accepting'
    })
    expect(await admin.get('/healthz')).toEqual({ status: 'ok' })
    expect((await admin.get('/status')).draining).toBe(true)
    await Promise.all(streams.map(({ stream }) => stream.ended()))
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains('ends streams with their last chunk', async () => {
    const { stream } = await flow.heldStream({ body: 'hello\n' })
    flow.server.signal('SIGTERM')
    expect(await stream.ended()).toEqual({ complete: true, text: 'hello\n' })
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains('says goodbye to all of many clients before it exits', async () => {
    const path = flow.origin.answer({
      headers: { 'Grip-Hold': 'stream', 'Grip-Channel': 'many' },
      body: 'hello\n',
    })
    const streams = await Promise.all(Array.from({ length: 50 }, () => flow.openStream(path)))
    await flow.server.subscribed('many', 50)
    flow.server.signal('SIGTERM')
    const ends = await Promise.all(streams.map((stream) => stream.ended()))
    expect(ends.filter((end) => end.complete)).toHaveLength(50)
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains('lets a response that is under way come to its end', async () => {
    let finish = () => {}
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('first half')
      finish = () => response.end(', second half')
    })
    const stream = await flow.openStream(path)
    await stream.until('first half')
    flow.server.signal('SIGTERM')
    await eventually('it takes no new connections', isRefusing)
    finish()
    expect(await stream.ended()).toEqual({ complete: true, text: 'first half, second half' })
    await stream.client.closed(1000)
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains('does not wait for idle connections', async () => {
    const client = await flow.connect()
    client.send(requestBytes(flow.origin.answer({ body: 'ok' })))
    expect((await client.response()).text).toBe('ok')
    const started = Date.now()
    flow.server.signal('SIGTERM')
    expect(await flow.server.exited()).toBe(0)
    expect(Date.now() - started).toBeLessThan(2000)
  })

  itDrains('waits no longer than drain_timeout for a response that never ends', async () => {
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('endless')
    })
    const stream = await flow.openStream(path)
    await stream.until('endless')
    flow.server.signal('SIGTERM')
    expect(await flow.server.exited(6000)).toBe(0)
    expect((await stream.ended()).complete).toBe(false)
  })

  itDrains('has one drain_timeout for the holds and for the responses under way', async () => {
    const endless = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('endless')
    })
    const held = flow.origin.answer({ headers: { 'Grip-Hold': 'stream', 'Grip-Channel': 'many' } })
    const stream = await flow.openStream(endless)
    await stream.until('endless')
    await Promise.all(Array.from({ length: 200 }, () => flow.openStream(held)))
    await flow.server.subscribed('many', 200)
    const started = Date.now()
    flow.server.signal('SIGTERM')
    expect(await flow.server.exited(6000)).toBe(0)
    // 2 s for both, and 1 s of grace; one after the other they would take 5 s.
    expect(Date.now() - started).toBeLessThan(4500)
  })

  itDrains.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends at once by a second signal (%s)', async (signal, code) => {
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('endless')
    })
    const stream = await flow.openStream(path)
    await stream.until('endless')
    flow.server.signal('SIGTERM')
    await eventually('it takes no new connections', isRefusing)
    flow.server.signal(signal)
    expect(await flow.server.exited()).toBe(code)
    expect((await stream.ended()).complete).toBe(false)
  })

  it('exits with 0 when nobody is connected', async () => {
    expect((await get(flow.server.port, '/')).status).toBe(404)
    flow.server.signal('SIGTERM')
    expect(await flow.server.exited()).toBe(0)
  })
})
