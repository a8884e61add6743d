import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { type ScriptedOrigin, startOrigin } from '../support/origin.ts'
import { responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useFlow((origin) => [`* ${origin}`])
let second: ScriptedOrigin
beforeAll(async () => {
  second = await startOrigin()
})
afterAll(() => second?.stop())

const toFirst = () => [`* ${flow.origin.address}`]
const toSecond = () => [`* ${second.address}`]

/** Waits until requests reach the second origin. */
const untilSecond = (path: string) =>
  eventually('requests reach the other origin', async () => (await flow.get(path)).text === 'second')

describeFlows('a change of the routes file', () => {
  it('sends later requests elsewhere, without a signal', async () => {
    await flow.server.setRoutes(toFirst())
    const path = second.answer({ body: 'second' })
    expect((await flow.get(path)).status).toBe(404)
    const said = flow.server.logs().length
    flow.server.writeRoutes(toSecond())
    await untilSecond(path)
    expect(flow.server.logs().slice(said)).toMatch(/\[INFO\] .*routes file changed, reloading\n/)
  })

  it('leaves held streams alone', async () => {
    await flow.server.setRoutes(toFirst())
    const { stream, channel } = await flow.heldStream({ body: 'open;' })
    await flow.server.setRoutes([])
    expect((await flow.get('/')).status).toBe(502)
    await flow.publish(streamItem(channel, 'still held'))
    expect(await stream.until('still held')).toBe('open;still held')
  })

  const itHolds = holdfastOnly(
    it,
    '1.36 asks the origin again after a second, and exits when the route is gone',
  )
  itHolds('leaves held long polls alone', async () => {
    await flow.server.setRoutes(toFirst())
    const { poll, channel } = await flow.heldPoll({ headers: { 'Grip-Timeout': '60' } })
    await flow.server.setRoutes([])
    await flow.publish(responseItem(channel, 'still held'))
    expect((await poll.answer()).text).toBe('still held')
  })

  it('leaves a response that is under way alone', async () => {
    await flow.server.setRoutes(toFirst())
    let finish = () => {}
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('first half')
      finish = () => response.end(', second half')
    })
    const stream = await flow.openStream(path)
    await stream.until('first half')
    await flow.server.setRoutes([])
    finish()
    expect(await stream.ended()).toEqual({ complete: true, text: 'first half, second half' })
  })

  it('with bad lines uses the good ones and names the others in the log', async () => {
    await flow.server.setRoutes(['* nowhere', ...toFirst()])
    expect((await flow.answered({ body: 'first' })).text).toBe('first')
    expect(flow.server.logs()).toMatch(/routes:1: target bad format/)
  })

  it('that removes the file leaves the routes as they were', async () => {
    await flow.server.setRoutes(toFirst())
    rmSync(join(flow.server.directory, 'routes'))
    flow.server.signal('SIGHUP')
    await eventually('the reload is in the log', () => /unable to open routes file/i.test(flow.server.logs()))
    expect((await flow.answered({ body: 'first' })).text).toBe('first')
  })
})

describeFlows('SIGHUP', () => {
  it('loads the routes file at once and leaves held connections alone', async () => {
    await flow.server.setRoutes(toFirst())
    const { stream, channel } = await flow.heldStream({ body: 'open;' })
    const path = second.answer({ body: 'second' })
    flow.server.writeRoutes(toSecond())
    flow.server.signal('SIGHUP')
    // The watch of the file waits for a second.
    await eventually(
      'requests reach the other origin',
      async () => (await flow.get(path)).text === 'second',
      900,
    )
    await flow.publish(streamItem(channel, 'still held'))
    expect(await stream.until('still held')).toBe('open;still held')
  })
})
