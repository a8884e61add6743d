import { expect, it } from 'vitest'
import type { RequestOptions } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { uniqueName } from '../support/origin.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itGoesFurther = holdfastOnly(it, 'Pushpin 1.36 has chosen a target by then')
const deadPort = await freePort()
const flow = useFlow(
  (origin) => [
    `* ${origin}`,
    `*,path_beg=/named,id=by-name ${origin}`,
    `*,path_beg=/refused 127.0.0.1:${deadPort}`,
    `*,path_beg=/second 127.0.0.1:${deadPort} ${origin}`,
  ],
  { conf: { proxy: { log_from: true, log_user_agent: true } } },
)
const brief = useFlow((origin) => [`* ${origin}`])

/** Waits for the one line about a path; answers what follows the URI. */
async function lineAbout(path: string, { server } = flow): Promise<string> {
  const line = await eventually(`a log line about ${path}`, () =>
    server
      .logs()
      .split('\n')
      .find((text) => text.includes(`http://flow.test${path} -> `)),
  )
  return line.slice(line.indexOf(path) + path.length)
}

const asked = async (under: string, options?: RequestOptions) => {
  const path = flow.origin.answer({ status: 201, body: 'twelve bytes' }, under)
  await flow.get(path, options)
  return lineAbout(path)
}

describeFlows('the log line of a request', () => {
  it('names the target, the status and the size of the body', async () => {
    const path = brief.origin.answer({ status: 201, body: 'twelve bytes' })
    await brief.get(path, { headers: { 'User-Agent': 'tester' } })
    expect(await lineAbout(path, brief)).toBe(` -> ${brief.origin.address} code=201 12`)
  })

  it('names the query', async () => {
    const path = `${flow.origin.answer({ body: 'x' })}?a=b`
    await flow.get(path)
    expect(await lineAbout(path)).toMatch(/ code=200 1$/)
  })

  it('names the client, the page it came from and its program where that is asked for', async () => {
    const line = await asked('', { headers: { Referer: 'http://page.test/', 'User-Agent': 'tester/1.0' } })
    expect(line).toBe(
      ` -> ${flow.origin.address} from=127.0.0.1 ref=http://page.test/ code=201 12 ua=tester/1.0`,
    )
  })

  it('names the route when it has an id', async () => {
    expect(await asked('/named')).toContain(' route=by-name ')
    expect(await asked('')).not.toContain(' route=')
  })

  it('names the target that answered', async () => {
    expect(await asked('/second')).toContain(` -> ${flow.origin.address} `)
  })

  it.each(['stream', 'response'])('says accept when it is held: %s', async (mode) => {
    const headers = { 'Grip-Hold': mode, 'Grip-Channel': uniqueName('channel') }
    const path = flow.origin.answer({ headers })
    await flow.longPoll(path)
    expect(await lineAbout(path)).toMatch(/ accept$/)
  })

  it('names the target that failed', async () => {
    const path = `/refused/${uniqueName('logged')}`
    await flow.get(path)
    expect(await lineAbout(path)).toMatch(new RegExp(`^ -> 127.0.0.1:${deadPort} .*( code=502 32| error)$`))
  })

  it('names what the client says that it has of channels', async () => {
    const line = await asked('', {
      headers: { 'Grip-Last': 'a; last-id=5, b; last-id=6', 'User-Agent': 'tester' },
    })
    expect(line).toMatch(/ code=201 12 ua=tester #a=5 #b=6$/)
  })

  itGoesFurther('names no target when none was asked', async () => {
    const path = brief.origin.answer({})
    const client = await brief.connect()
    client.send(`POST ${path} HTTP/1.1\r\nHost: flow.test\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n`)
    await client.closed()
    const line = `POST http://flow.test${path} error\n`
    await eventually('its line', () => brief.server.logs().includes(line))
  })

  it('of a client that leaves before an answer says error', async () => {
    const path = flow.origin.script(() => {})
    const poll = await flow.longPoll(path)
    await eventually('the request is at the origin', () => flow.origin.requests(path).length === 1)
    poll.client.destroy()
    expect(await lineAbout(path)).toMatch(/ error$/)
  })
})
