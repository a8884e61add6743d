import { createHash, randomBytes } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startTcpOrigin } from '../support/origin.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const deadPort = await freePort()
/** Reads a request, then breaks the connection. */
const breakingOrigin = await startTcpOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()))
afterAll(() => breakingOrigin.stop())

const flow = useFlow((origin) => [
  `* ${origin}`,
  `*,path_beg=/failover 127.0.0.1:${deadPort} ${origin}`,
  `*,path_beg=/first ${origin} 127.0.0.1:${deadPort}`,
  `*,path_beg=/reset 127.0.0.1:${breakingOrigin.port} ${origin}`,
])

const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')

describeFlows('a plain request', () => {
  it('reaches the origin with its method, path, query and body', async () => {
    const request = await flow.seen('/some/where', { method: 'PUT', query: '?a=1&b=%20x', body: 'payload' })
    expect(request.method).toBe('PUT')
    expect(request.target).toMatch(/^\/some\/where\/p-[^/]+\?a=1&b=%20x$/)
    expect(request.body.toString()).toBe('payload')
    expect(request.header('content-length')).toBe('7')
  })

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'reaches the origin when it is a %s',
    async (method) => {
      const request = await flow.seen('', { method, ...(method === 'GET' ? {} : { body: 'x' }) })
      expect(request.method).toBe(method)
    },
  )

  it.each([
    ['//double', '?'],
    ['/semi;colon=1', '?q=;'],
    ['/enc%2Foded%3F', '?x=%2B+%20'],
    ['/utf8-%C3%A9', '?%C3%A9=%E9'],
    ["/marks-!$&'()*+,:@", '?/?'],
  ])('reaches the origin with the target %s%s as the client wrote it', async (under, query) => {
    const request = await flow.seen(under, { query })
    expect(request.target.startsWith(`${under}/p-`)).toBe(true)
    expect(request.target.endsWith(query)).toBe(true)
  })

  holdfastOnly(it, 'ODD-27')('reaches the origin with needless percent-encoding untouched', async () => {
    const request = await flow.seen('/%41%7e', { query: '?q=%2e%e9' })
    expect(request.target).toMatch(/^\/%41%7e\/.*\?q=%2e%e9$/)
  })

  it('arrives whole when the client sent its body chunked', async () => {
    const path = flow.origin.answer({ body: 'ok' })
    const client = await flow.connect()
    client.send(`POST ${path} HTTP/1.1\r\nHost: flow.test\r\nTransfer-Encoding: chunked\r\n\r\n`)
    client.send('5\r\nhello\r\n7;ext=1\r\n, world\r\n0\r\nTrailer-Field: x\r\n\r\n')
    expect((await client.response()).status).toBe(200)
    const request = await flow.origin.request(path)
    expect(request.body.toString()).toBe('hello, world')
    // Which of the two is up to the proxy; both at once would be a request smuggler's way in (RFC 9112 §6.1).
    expect([request.header('transfer-encoding'), request.header('content-length')]).toContain(undefined)
  })

  it('without a body has no Content-Length when it is a GET', async () => {
    const request = await flow.seen()
    expect(request.header('content-length')).toBeUndefined()
    expect(request.header('transfer-encoding')).toBeUndefined()
  })

  it('without a body has Content-Length 0 when it is a POST', async () => {
    const request = await flow.seen('', { method: 'POST', body: '' })
    expect(request.header('content-length')).toBe('0')
  })

  it('is answered with what the origin said', async () => {
    const response = await flow.answered({
      status: 418,
      reason: 'Short and stout',
      headers: [
        ['X-One', '1'],
        ['Set-Cookie', 'a=1'],
        ['x-TWO', '2'],
        ['Set-Cookie', 'b=2'],
      ],
      body: 'tea',
    })
    expect(response.status).toBe(418)
    expect(response.reason).toBe('Short and stout')
    expect(response.headers.slice(0, 4)).toEqual([
      ['X-One', '1'],
      ['Set-Cookie', 'a=1'],
      ['x-TWO', '2'],
      ['Set-Cookie', 'b=2'],
    ])
    expect(response.text).toBe('tea')
  })

  it('is answered with an empty body where the origin sends none', async () => {
    const response = await flow.answered({ status: 200 })
    expect(response.header('content-length')).toBe('0')
    expect(response.text).toBe('')
  })

  it.each([301, 302, 307, 308])('is answered with the redirect %i itself', async (status) => {
    const response = await flow.answered({ status, headers: { Location: 'http://elsewhere.invalid/' } })
    expect(response.status).toBe(status)
    expect(response.header('location')).toBe('http://elsewhere.invalid/')
  })

  it.each([400, 401, 404, 416, 500, 502, 503])("is answered with the origin's error %i", async (status) => {
    const response = await flow.answered({ status, body: 'the origin says no' })
    expect(response.status).toBe(status)
    expect(response.text).toBe('the origin says no')
  })

  it('for a range is answered with the part', async () => {
    const path = flow.origin.answer({
      status: 206,
      headers: { 'Content-Range': 'bytes 0-3/9' },
      body: 'part',
    })
    const response = await flow.get(path, { headers: { Range: 'bytes=0-3', 'If-Range': '"v1"' } })
    expect(response.status).toBe(206)
    expect(response.header('content-range')).toBe('bytes 0-3/9')
    const request = await flow.origin.request(path)
    expect(request.header('range')).toBe('bytes=0-3')
    expect(request.header('if-range')).toBe('"v1"')
  })

  it('can be followed by others on the same connection', async () => {
    const client = await flow.connect()
    for (const body of ['one', 'two', 'three']) {
      client.send(requestBytes(flow.origin.answer({ body })))
      expect((await client.response()).text).toBe(body)
    }
  })
})

describeFlows('large bodies', () => {
  it('pass to the origin whole', async () => {
    const body = randomBytes(5_000_000)
    const request = await flow.seen('', { method: 'POST', body, timeoutMs: 10_000 })
    expect(request.body.length).toBe(body.length)
    expect(sha1(request.body)).toBe(sha1(body))
  })

  it.each([true, false])('pass to the client whole (chunked: %s)', async (chunked) => {
    const body = randomBytes(5_000_000)
    const response = await flow.answered({ body, chunked }, '', { timeoutMs: 10_000 })
    expect(response.header('content-length')).toBe(chunked ? undefined : '5000000')
    expect(sha1(response.body)).toBe(sha1(body))
  })

  it('reach the origin while the client still sends', async () => {
    const path = flow.origin.answer({ body: 'ok' })
    const client = await flow.connect()
    client.send(requestBytes(path, { method: 'POST', headers: { 'Content-Length': '60000' } }))
    client.send('a'.repeat(30_000))
    await eventually(
      'the first part at the origin',
      () => flow.origin.requests(path)[0]?.body.length === 30_000,
    )
    client.send('b'.repeat(30_000))
    expect((await client.response()).text).toBe('ok')
    expect((await flow.origin.request(path)).body.length).toBe(60_000)
  })

  it('reach the client while the origin still sends', async () => {
    let finish = () => {}
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('data: first\n\n')
      finish = () => response.end('data: last\n\n')
    })
    const stream = await flow.openStream(path)
    expect(await stream.until('first\n\n')).toBe('data: first\n\n')
    finish()
    expect(await stream.ended()).toEqual({ complete: true, text: 'data: first\n\ndata: last\n\n' })
  })

  it('need not have arrived before the origin answers', async () => {
    const path = flow.origin.script((_request, response) =>
      response.writeHead(403, { 'Content-Length': 7 }).end('no need'),
    )
    const client = await flow.connect()
    client.send(requestBytes(path, { method: 'POST', headers: { 'Content-Length': '1000000' } }))
    client.send('a'.repeat(50_000))
    const response = await client.response('POST', 2000)
    expect(response.status).toBe(403)
    expect(response.text).toBe('no need')
  })

  const itPaced = holdfastOnly(it, 'ODD-28: the download stalls for good after a pause')
  itPaced('wait for a client that does not read, and then arrive whole', async () => {
    const size = 50_000_000
    let sent = 0
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200, { 'Content-Length': size })
      const part = Buffer.alloc(100_000, 'x')
      const push = () => {
        while (sent < size) {
          sent += part.length
          if (!response.write(part)) return response.once('drain', push)
        }
        return response.end()
      }
      push()
    })
    const client = await flow.connect()
    client.socket.pause()
    client.send(requestBytes(path))
    await settled(() => sent)
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThan(size)
    client.socket.resume()
    const response = await client.response('GET', 12_000)
    expect(response.body.length).toBe(size)
  })

  const itPacedUp = holdfastOnly(it, 'its origin client reads on into memory')
  itPacedUp('make the client wait when the origin does not read', async () => {
    const size = 50_000_000
    let resume = () => {}
    const path = flow.origin.script((request, response) => {
      request.incoming.pause()
      resume = () => request.incoming.resume()
      request.incoming.on('end', () => response.end('all read'))
    })
    const client = await flow.connect()
    client.send(requestBytes(path, { method: 'POST', headers: { 'Content-Length': String(size) } }))
    client.send(Buffer.alloc(size, 'x'))
    await settled(() => client.socket.bytesWritten - client.socket.writableLength)
    expect(client.socket.writableLength).toBeGreaterThan(0)
    resume()
    expect((await client.response('POST', 12_000)).text).toBe('all read')
  })
})

/** Waits until a counter has stood still for a while: back-pressure has no event of its own. */
async function settled(count: () => number): Promise<void> {
  let last = -1
  let stillSince = Date.now()
  await eventually('the transfer stands still', () => {
    if (count() !== last) stillSince = Date.now()
    last = count()
    return Date.now() - stillSince > 400
  })
}

describeFlows('a client that leaves', () => {
  it('ends the request at the origin', async () => {
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('endless')
    })
    const stream = await flow.openStream(path)
    await stream.until('endless')
    stream.client.destroy()
    await eventually('the origin sees the end', () => flow.origin.requests(path)[0]!.aborted)
  })

  it('before the origin has answered ends the request too', async () => {
    const path = flow.origin.script(() => {})
    const poll = await flow.longPoll(path)
    await eventually('the request is at the origin', () => flow.origin.requests(path).length === 1)
    poll.client.destroy()
    await eventually('the origin sees the end', () => flow.origin.requests(path)[0]!.aborted)
  })
})

describeFlows('a route with several targets', () => {
  it('uses the next target when one refuses the connection', async () => {
    const request = await flow.seen('/failover', { method: 'POST', body: 'kept' })
    expect(request.body.toString()).toBe('kept')
  })

  it('tries them in order for every request', async () => {
    for (let i = 0; i < 3; i++) expect((await flow.seen('/first')).method).toBe('GET')
  })

  it('passes a large body on to the next target whole', async () => {
    const body = 'x'.repeat(9000)
    const request = await flow.seen('/failover', { method: 'POST', body })
    expect(request.body.toString()).toBe(body)
  })

  it('stays with a target that answers with an error', async () => {
    const response = await flow.answered({ status: 503, body: 'down' }, '/first')
    expect(response.status).toBe(503)
    expect(response.text).toBe('down')
  })

  it('does not repeat a request that a target has taken and then dropped', async () => {
    const path = flow.origin.answer({ body: 'must not be asked' }, '/reset')
    const response = await flow.get(path, { method: 'POST', body: 'pay once' })
    expect(response.status).toBe(502)
    expect(response.text).toBe('Error while proxying to origin.\n')
    expect(flow.origin.requests(path)).toEqual([])
  })
})
