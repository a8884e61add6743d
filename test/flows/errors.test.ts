import { afterAll, expect, it } from 'vitest'
import { requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { startTcpOrigin, uniqueName } from '../support/origin.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const deadPort = await freePort()
const breakingOrigin = await startTcpOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()))
const closingOrigin = await startTcpOrigin((socket) => socket.once('data', () => socket.end()))
const babblingOrigin = await startTcpOrigin((socket) =>
  socket.once('data', () => socket.end('not HTTP\r\n\r\n')),
)
afterAll(() => Promise.all([breakingOrigin, closingOrigin, babblingOrigin].map((origin) => origin.stop())))

const flow = useFlow((origin) => [
  `* ${origin}`,
  `*,path_beg=/debug,debug ${origin}`,
  `*,path_beg=/refused 127.0.0.1:${deadPort}`,
  `*,path_beg=/debug/refused,debug 127.0.0.1:${deadPort} localhost:${deadPort}`,
  `*,path_beg=/reset 127.0.0.1:${breakingOrigin.port}`,
  `*,path_beg=/closed 127.0.0.1:${closingOrigin.port}`,
  `*,path_beg=/babble 127.0.0.1:${babblingOrigin.port}`,
  `*,path_beg=/unknown-host origin.invalid:80`,
  `*,path_beg=/over-http ${origin},over_http`,
  `*,path_beg=/untrusted ${origin},untrusted`,
  `*,path_beg=/debug/untrusted,debug ${origin},untrusted`,
])

function expectProxyError(response: RawResponse, status: number, reason: string, text: string): void {
  expect(response.status).toBe(status)
  expect(response.reason).toBe(reason)
  expect(response.header('content-type')).toBe('text/plain')
  expect(response.header('content-length')).toBe(String(text.length + 1))
  expect(response.text).toBe(`${text}\n`)
}

const expectBadGateway = (response: RawResponse, text = 'Error while proxying to origin.') =>
  expectProxyError(response, 502, 'Bad Gateway', text)

describeFlows('an origin that cannot be asked gives 502', () => {
  it('when it refuses the connection', async () => {
    expectBadGateway(await flow.get('/refused'))
  })

  it('when it refuses the connection, with the targets named in debug mode', async () => {
    const targets = `127.0.0.1:${deadPort}, localhost:${deadPort}`
    expectBadGateway(await flow.get('/debug/refused'), `Unable to connect to any targets. Tried: ${targets}`)
  })

  it.each(['/reset', '/closed', '/babble'])(
    'when the connection breaks before an answer: %s',
    async (path) => {
      expectBadGateway(await flow.get(path))
    },
  )

  it('when its name does not resolve', async () => {
    expectBadGateway(await flow.get('/unknown-host'))
  })

  holdfastOnly(it, 'Pushpin says so in debug lines')('and the log says why, without debug', async () => {
    await flow.get('/refused/why')
    const line = ` GET /refused/why: no target accepted a connection: origin 127.0.0.1:${deadPort}: connect ECONNREFUSED`
    await eventually('the warning', async () => {
      await flow.get('/refused/why')
      return flow.server.logs().includes(line)
    })
  })

  it('and leaves the connection of the client usable', async () => {
    const client = await flow.connect()
    client.send(requestBytes('/refused'))
    expectBadGateway(await client.response())
    client.send(requestBytes(flow.origin.answer({ body: 'next' })))
    expect((await client.response()).text).toBe('next')
  })

  it('when the request had a large body', async () => {
    const response = await flow.get('/refused', { method: 'POST', body: 'x'.repeat(300_000) })
    expectBadGateway(response)
  })

  const itDenies = holdfastOnly(it, 'the deny list of 1.36 is the configuration of Zurl, which is empty here')
  itDenies('when the target is untrusted and has a private address', async () => {
    expectBadGateway(await flow.get('/untrusted'))
    expectBadGateway(await flow.get('/debug/untrusted'), 'Error: Origin host/IP blocked.')
  })
})

describeFlows('instructions that cannot be used give 502', () => {
  const badHold = { headers: { 'Grip-Hold': 'sideways' }, body: 'not shown' }

  it('without details', async () => {
    expectBadGateway(await flow.answered(badHold))
  })

  it('with the details in debug mode', async () => {
    const fault =
      "Failed to parse accept instructions: Grip-Hold must be set to either 'response' or 'stream'"
    const advice =
      "it is 'sideways'; write it in lower case: 'response' for a long poll, 'stream' for all that go on"
    expectBadGateway(
      await flow.answered(badHold, '/debug'),
      expected({ holdfast: `${fault}\n${advice}`, pushpin: fault }),
    )
  })
})

describeFlows('a hold without a channel', () => {
  holdfastOnly(it, 'Pushpin holds without a word')('is warned of in the log', async () => {
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'stream' } })
    await flow.openStream(path)
    const line = ` GET ${path}: held on no channel: Grip-Channel is missing`
    await eventually('the warning', () => flow.server.logs().includes(line))
  })
})

describeFlows('instructions with a body of more than 100000 bytes', () => {
  const tooLarge = 'x'.repeat(100_001)

  it.each([
    ['a response hold', { 'Grip-Hold': 'response', 'Grip-Channel': 'any' }],
    ['no hold', { 'Grip-Channel': 'any' }],
    ['instructions in the body', { 'Content-Type': 'application/grip-instruct' }],
  ])('give 502 for %s', async (_what, headers) => {
    expectBadGateway(await flow.answered({ headers, body: tooLarge }))
    expectBadGateway(
      await flow.answered({ headers, body: tooLarge }, '/debug'),
      `GRIP instruct response too large from ${flow.origin.address}`,
    )
  })

  it('are taken when the body has exactly 100000 bytes', async () => {
    const response = await flow.answered({ headers: { 'Grip-Channel': 'any' }, body: 'x'.repeat(100_000) })
    expect(response.status).toBe(200)
    expect(response.body.length).toBe(100_000)
  })
})

describeFlows('a request of more than 100000 bytes', () => {
  const tooLarge = { method: 'POST', body: 'x'.repeat(100_001) }
  const hold = { headers: { 'Grip-Hold': 'response', 'Grip-Channel': 'any' }, body: 'timeout' }

  it('cannot be held: 400', async () => {
    const response = await flow.answered(hold, '', tooLarge)
    expectProxyError(response, 400, 'Bad Request', 'Request too large to accept GRIP instruct.')
  })

  it('can be held with exactly 100000 bytes', async () => {
    const body = 'x'.repeat(100_000)
    const { poll, channel } = await flow.heldPoll({}, { method: 'POST', body })
    await flow.publish({ channel, formats: { 'http-response': { body: 'taken' } } })
    expect((await poll.answer()).text).toBe('taken')
  })
})

describeFlows('a client that sends WebSocket events itself', () => {
  const events = {
    method: 'POST',
    body: 'OPEN\r\n',
    headers: { 'Content-Type': 'application/websocket-events' },
  }

  it('is refused where the target takes such events from the proxy', async () => {
    const path = flow.origin.answer({ body: 'must not be asked' }, '/over-http')
    const response = await flow.get(path, events)
    expectProxyError(response, 403, 'Forbidden', 'Client not allowed to send WebSocket events directly.')
    expect(flow.origin.requests(path)).toEqual([])
  })

  it('is passed on elsewhere', async () => {
    expect((await flow.seen('', events)).body.toString()).toBe('OPEN\r\n')
  })
})

describeFlows('an origin that dies in the middle of a body', () => {
  const itBreaks = holdfastOnly(it, 'ODD-9')
  const dying = (head: string) =>
    flow.origin.script((request) => {
      request.incoming.socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`)
      request.incoming.socket.write('5\r\nfirst\r\n', () => request.incoming.socket.resetAndDestroy())
    })

  itBreaks('breaks a chunked response, so that the client knows', async () => {
    const outcome = await flow.getOutcome(dying('Transfer-Encoding: chunked'))
    expect(outcome.status).toBe(200)
    expect(outcome.complete).toBe(false)
  })

  itBreaks('breaks a response of known length, so that the client need not wait', async () => {
    const outcome = await flow.getOutcome(dying('Content-Length: 1000'))
    expect(outcome.status).toBe(200)
    expect(outcome.complete).toBe(false)
  })

  itBreaks('is not hidden by debug text either', async () => {
    const path = flow.origin.script((request) => {
      request.incoming.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      request.incoming.socket.write('5\r\nfirst\r\n', () => request.incoming.socket.resetAndDestroy())
    }, '/debug')
    expect((await flow.getOutcome(path)).complete).toBe(false)
  })
})

describeFlows('an origin that is silent', () => {
  const slow = useFlow((origin) => [`* ${origin}`, `*,path_beg=/debug,debug ${origin}`], {
    conf: { proxy: { origin_timeout: 1 } },
  })
  const itTimesOut = holdfastOnly(it, 'Pushpin waits for 1800 s')

  itTimesOut('for longer than origin_timeout gives 504 and loses its connection', async () => {
    const path = slow.origin.script(() => {})
    const response = await slow.get(path)
    expect(response.status).toBe(504)
    expect(response.reason).toBe('Gateway Timeout')
    expect(response.header('content-type')).toBe('text/plain')
    expect(response.text).toMatch(/\n$/)
    await eventually('the origin sees the end', () => slow.origin.requests(path)[0]!.aborted)
  })

  itTimesOut('for longer than that within instructions gives 504, too', async () => {
    const path = slow.origin.script((_request, response) => {
      response.writeHead(200, { 'Grip-Hold': 'stream', 'Grip-Channel': 'any', 'Content-Length': 100 })
      response.write('a part')
    })
    expect((await slow.get(path)).status).toBe(504)
    await eventually('the origin sees the end', () => slow.origin.requests(path)[0]!.aborted)
  })

  itTimesOut('for a while within instructions, again and again, does not matter', async () => {
    const parts = Array.from('parts')
    const path = slow.origin.script((_request, response) => {
      response.writeHead(200, { 'Grip-Hold': 'stream', 'Grip-Channel': 'any' })
      const writeNext = (): void => {
        const part = parts.shift()
        if (part === undefined) response.end()
        else response.write(part, () => setTimeout(writeNext, 400))
      }
      writeNext()
    })
    const stream = await slow.openStream(path)
    await stream.until('parts')
    stream.client.destroy()
  })

  itTimesOut('while a long poll is held for longer does not matter', async () => {
    const { poll, channel } = await slow.heldPoll()
    await eventually(
      'a request times out meanwhile',
      async () => (await slow.get(slow.origin.script(() => {}))).status === 504,
    )
    await slow.publish({ channel, formats: { 'http-response': { body: 'still here' } } })
    expect((await poll.answer()).text).toBe('still here')
  })
})

describeFlows('the debug setting of the configuration', () => {
  const debugging = useFlow(() => [`*,path_beg=/refused 127.0.0.1:${deadPort}`], {
    conf: { proxy: { debug: true } },
  })

  it('shows details on every route', async () => {
    const response = await debugging.get('/refused')
    expectBadGateway(response, `Unable to connect to any targets. Tried: 127.0.0.1:${deadPort}`)
  })
})

describeFlows('the log', () => {
  it('names the request and the failure in one line, without a stack trace', async () => {
    const path = `/refused/${uniqueName('logged')}`
    await flow.get(path)
    const line = await eventually('the line', () =>
      flow.server
        .logs()
        .split('\n')
        .find((text) => text.includes(`http://flow.test${path}`)),
    )
    expect(line).toContain(`GET http://flow.test${path} -> 127.0.0.1:${deadPort}`)
    expect(line).toMatch(/ code=502 | error/)
    expect(flow.server.logs()).not.toMatch(/^\s+at /m)
  })
})
