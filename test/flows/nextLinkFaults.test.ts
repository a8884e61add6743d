import { expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { hold, linked, page } from '../support/nextLinks.ts'
import type { Answer } from '../support/origin.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually, passTime } from '../support/waiting.ts'

const routes = (origin: string) => [`* ${origin}`, `*,path_beg=/debug,debug ${origin}`]
const flow = useFlow(routes, { conf: { handler: { update_on_first_subscription: false } } })

describeFlows('a next link that does not answer with 2xx', () => {
  it('is asked for again after a second, and goes on', async () => {
    const failed: Answer = { status: 500, headers: hold('ignored'), body: 'sorry' }
    const { stream, fetch, next } = await linked(flow, [failed, page('second')])
    await fetch()
    expect(await stream.ended(8000)).toEqual({ complete: true, text: 'first second' })
    expect(flow.origin.requests(next)).toHaveLength(2)
  })

  it('is asked for again when the connection breaks before any of the body', async () => {
    let count = 0
    const second = flow.origin.script((request, response) => {
      if (count++ === 0) request.incoming.socket.destroy()
      else response.writeHead(200).end('second')
    })
    expect((await flow.answered(page('first ', second), '', { timeoutMs: 8000 })).text).toBe('first second')
  })

  it.each([404, 301, 503])('is asked for again whatever the status: %i', async (status) => {
    const second = flow.origin.answers([{ status, body: 'x' }, page('second')])
    const response = await flow.answered(page('first ', second), '', { timeoutMs: 8000 })
    expect(response.text).toBe('first second')
  })
})

describeFlows('a next link that cannot be followed', () => {
  const invalid = (answer: Answer, under = '') => {
    const second = flow.origin.answer(answer, under)
    return flow.answered(page('first ', second), under)
  }

  const itStops = holdfastOnly(it, 'Pushpin 1.36 sends the body before it ends the stream')
  itStops('ends the stream: a long poll', async () => {
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': 'any' }
    expect((await invalid({ headers, body: 'second' })).text).toBe('first ')
  })

  it('ends the stream, and says so in debug mode: a long poll', async () => {
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': 'any' }
    const { text } = await invalid({ headers }, '/debug')
    expect(text).toBe('first \n\nNext link returned non-stream hold.\n')
  })

  it.each([
    ['a bad hold mode', { 'Grip-Hold': 'tight' }],
    ['a bad link', { 'Grip-Link': 'no brackets; rel=next' }],
  ])('ends the stream: %s', async (_what, headers: Record<string, string>) => {
    expect((await invalid({ headers })).text).toBe('first ')
    const { text } = await invalid({ headers }, '/debug')
    expect(text).toMatch(/^first \n\n.+\n$/)
  })

  it('ends the stream when the answer breaks off, as what was sent cannot be taken back', async () => {
    const second = flow.origin.script((_request, response) => {
      response.writeHead(200, { 'Content-Length': '200000' })
      response.write('x'.repeat(150_000), () => setTimeout(() => response.destroy(), 100))
    })
    const stream = await flow.openStream(flow.origin.answer(page('first ', second)))
    const { text } = await stream.ended()
    expect(text.startsWith('first x')).toBe(true)
    await passTime(1300)
    expect(flow.origin.requests(second)).toHaveLength(1)
  })
})

const itRefuses = holdfastOnly(it, 'Pushpin fetches any URL')
describeFlows('a next link to another host', () => {
  const other = useFlow(routes)
  const allowing = useFlow((origin) => [`*,link_hosts=${otherAddress(origin)} ${origin}`])
  /** The same origin by another name. */
  const otherAddress = (origin: string) => origin.replace('127.0.0.1', 'localhost')

  itRefuses('is not fetched', async () => {
    const second = other.origin.answer(page('second'))
    const url = `http://${other.origin.address}${second}`
    const response = await other.answered(page('first ', url))
    expect(response.text).toBe('first ')
    expect(other.origin.requests(second)).toHaveLength(0)
    await eventually('the log tells how to allow it', () =>
      other.server.logs().includes(`link_hosts=${other.origin.address}`),
    )
  })

  itRefuses.each(['http://flow.test:81', 'https://flow.test', 'http://flow.test.evil'])(
    'is not fetched: %s',
    async (base) => {
      const second = other.origin.answer(page('second'))
      expect((await other.answered(page('first ', `${base}${second}`))).text).toBe('first ')
      expect(other.origin.requests(second)).toHaveLength(0)
    },
  )

  const itAllows = holdfastOnly(it, 'link_hosts')
  itAllows('is fetched where the route names the host, and never signed', async () => {
    const second = allowing.origin.answer(page('second'))
    const url = `http://${otherAddress(allowing.origin.address)}${second}`
    expect((await allowing.answered(page('first ', url))).text).toBe('first second')
    const request = await allowing.origin.request(second)
    expect(request.header('grip-sig')).toBeUndefined()
    expect(request.header('host')).toBe(otherAddress(allowing.origin.address))
  })

  itAllows('may lead back by a relative link, signed as before', async () => {
    const third = allowing.origin.answer(page('third'))
    const second = allowing.origin.answer(page('second ', `http://flow.test${third}`))
    const url = `http://${otherAddress(allowing.origin.address)}${second}`
    expect((await allowing.answered(page('first ', url))).text).toBe('first second third')
    expect((await allowing.origin.request(third)).header('grip-sig')).toBeDefined()
  })
})
