import { expect, it } from 'vitest'
import { requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useFlow((origin) => [`* ${origin}`, `known.test,path_beg=/only ${origin}`])

/** A plain request after another response shows that the connection is still in step. */
const followUp = () => requestBytes(flow.origin.answer({ body: 'in step' }))

describeFlows('a HEAD request', () => {
  it('reaches the origin as HEAD and is answered with a head alone', async () => {
    const path = flow.origin.answer({ headers: { 'Content-Length': '1234', 'X-Kept': 'yes' } })
    const client = await flow.connect()
    client.send(requestBytes(path, { method: 'HEAD' }))
    const response = await client.response('HEAD')
    expect(response.status).toBe(200)
    expect(response.header('content-length')).toBe('1234')
    expect(response.header('x-kept')).toBe('yes')
    expect((await flow.origin.request(path)).method).toBe('HEAD')
    client.send(followUp())
    expect((await client.response()).text).toBe('in step')
  })

  it('to a chunked resource is answered with a head alone', async () => {
    const path = flow.origin.answer({ headers: { 'Transfer-Encoding': 'chunked' }, chunked: true })
    const client = await flow.connect()
    client.send(requestBytes(path, { method: 'HEAD' }))
    expect((await client.response('HEAD')).status).toBe(200)
    client.send(followUp())
    expect((await client.response()).text).toBe('in step')
  })

  holdfastOnly(it, 'ODD-10')("that cannot be routed is answered with the error's head alone", async () => {
    const client = await flow.connect()
    client.send(requestBytes('/elsewhere', { method: 'HEAD', host: 'known.test' }))
    expect((await client.response('HEAD')).status).toBe(502)
    client.send(followUp())
    expect((await client.response()).text).toBe('in step')
  })
})

describeFlows('a response without a body by its status', () => {
  it.each([204, 304])(
    '%i passes without body or framing and leaves the connection usable',
    async (status) => {
      const client = await flow.connect()
      client.send(requestBytes(flow.origin.answer({ status, headers: { ETag: '"v1"' } })))
      const response = await client.response()
      expect(response.status).toBe(status)
      expect(response.header('etag')).toBe('"v1"')
      expect(response.header('transfer-encoding')).toBeUndefined()
      client.send(followUp())
      expect((await client.response()).text).toBe('in step')
    },
  )
})

describeFlows('an interim response of the origin', () => {
  const itProcesses = holdfastOnly(it, '1.36 hangs now and then')
  itProcesses('does not stand in the way of the final one', async () => {
    const path = flow.origin.script((_request, response) => {
      response.writeProcessing()
      response.writeHead(200, { 'Content-Length': 5 }).end('final')
    })
    const response = await flow.get(path)
    expect(response.status).toBe(200)
    expect(response.text).toBe('final')
  })

  holdfastOnly(it, 'Pushpin swallows it')('103 Early Hints reaches the client first', async () => {
    const path = flow.origin.script((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      response.writeHead(200, { 'Content-Length': 5 }).end('final')
    })
    const response = await flow.get(path)
    expect(response.text).toBe('final')
    expect(response.informational.map((head) => head.status)).toEqual([103])
    expect(response.informational[0]!.header('link')).toBe('</style.css>; rel=preload')
  })
})

describeFlows('a body whose end only the origin’s connection shows', () => {
  it('reaches an HTTP/1.1 client chunked', async () => {
    let finish = () => {}
    const path = flow.origin.script((request) => {
      request.incoming.socket.write('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil')
      finish = () => request.incoming.socket.end(' the end')
    })
    const stream = await flow.openStream(path)
    await stream.until('until')
    expect(stream.head.header('transfer-encoding')).toBe('chunked')
    finish()
    expect(await stream.ended()).toEqual({ complete: true, text: 'until the end' })
    stream.client.send(followUp())
    expect((await stream.client.response()).text).toBe('in step')
  })
})

describeFlows('an HTTP/1.0 client', () => {
  it('gets a body of known length with Content-Length, then the end of the connection', async () => {
    const client = await flow.connect()
    client.send(requestBytes(flow.origin.answer({ body: 'sized' }), { version: '1.0' }))
    const response = await client.response()
    expect(response.status).toBe(200)
    expect(response.header('content-length')).toBe('5')
    expect(response.text).toBe('sized')
    await client.closed()
  })

  it('gets a body of unknown length without chunks, ended by the connection', async () => {
    let finish = () => {}
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('unsized')
      finish = () => response.end(' body')
    })
    const stream = await flow.openStream(path, { version: '1.0' })
    await stream.until('unsized')
    expect(stream.head.header('transfer-encoding')).toBeUndefined()
    expect(stream.head.header('content-length')).toBeUndefined()
    finish()
    expect((await stream.ended()).text).toBe('unsized body')
    expect(stream.client.isClosed).toBe(true)
  })

  it('may keep the connection with Connection: keep-alive', async () => {
    const client = await flow.connect()
    const keepAlive = { version: '1.0', headers: { Connection: 'keep-alive' } } as const
    client.send(requestBytes(flow.origin.answer({ body: 'one' }), keepAlive))
    const first = await client.response()
    expect(first.text).toBe('one')
    expect(first.header('connection')?.toLowerCase()).toBe('keep-alive')
    client.send(requestBytes(flow.origin.answer({ body: 'two' }), keepAlive))
    expect((await client.response()).text).toBe('two')
  })

  it('without a Host header is served as localhost', async () => {
    const path = flow.origin.answer({ body: 'served' })
    const client = await flow.connect()
    client.send(`GET ${path} HTTP/1.0\r\n\r\n`)
    expect((await client.response()).text).toBe('served')
    expect((await flow.origin.request(path)).header('host')).toBe('localhost')
  })
})

describeFlows('an HTTP/1.1 client', () => {
  it('that asks for Connection: close gets the answer and then the end', async () => {
    const client = await flow.connect()
    client.send(requestBytes(flow.origin.answer({ body: 'bye' }), { headers: { Connection: 'close' } }))
    const response = await client.response()
    expect(response.text).toBe('bye')
    expect(response.header('connection')).toBe('close')
    await client.closed()
  })

  it('that pipelines is answered in order', async () => {
    let finishSlow = () => {}
    const slow = flow.origin.script((_request, response) => {
      finishSlow = () => response.writeHead(200, { 'Content-Length': 4 }).end('slow')
    })
    const quick = flow.origin.answer({ body: 'quick' })
    const posted = flow.origin.answer({ body: 'posted' })
    const client = await flow.connect()
    const requests = [
      requestBytes(slow),
      requestBytes(quick),
      requestBytes(posted, { method: 'POST', body: 'data' }),
    ]
    client.send(Buffer.concat(requests))
    await eventually('the slow request is at the origin', () => flow.origin.requests(slow).length === 1)
    finishSlow()
    expect((await client.response()).text).toBe('slow')
    expect((await client.response()).text).toBe('quick')
    expect((await client.response('POST')).text).toBe('posted')
    expect((await flow.origin.request(posted)).body.toString()).toBe('data')
  })

  it('may pipeline a hundred requests', async () => {
    const bodies = Array.from({ length: 100 }, (_, index) => `answer ${index}`)
    const client = await flow.connect()
    client.send(Buffer.concat(bodies.map((body) => requestBytes(flow.origin.answer({ body })))))
    for (const body of bodies) expect((await client.response()).text).toBe(body)
  })

  it('may send its head byte by byte', async () => {
    const client = await flow.connect()
    const bytes = requestBytes(flow.origin.answer({ body: 'patient' }))
    for (const byte of bytes) {
      client.send(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await client.response()).text).toBe('patient')
  })

  it('may send an empty line before its request', async () => {
    const client = await flow.connect()
    client.send(`\r\n${requestBytes(flow.origin.answer({ body: 'lenient' }))}`)
    expect((await client.response()).text).toBe('lenient')
  })

  it('that expects 100-continue is told to go on, and the origin sees no Expect', async () => {
    const path = flow.origin.answer({ body: 'received' })
    const client = await flow.connect()
    client.send(
      requestBytes(path, { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '5' } }),
    )
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('hello')
    expect((await client.response('POST')).text).toBe('received')
    const request = await flow.origin.request(path)
    expect(request.body.toString()).toBe('hello')
    expect(request.header('expect')).toBeUndefined()
  })
})

describeFlows('a request that is not HTTP', () => {
  const itAnswers = holdfastOnly(it, 'answered since 1.40; 1.36 closes the connection')

  itAnswers.each([
    ['has no HTTP version', 'GET /\r\n\r\n'],
    ['has a broken header line', 'GET / HTTP/1.1\r\nHost: flow.test\r\nno colon here\r\n\r\n'],
    ['has a bad Content-Length', 'POST / HTTP/1.1\r\nHost: flow.test\r\nContent-Length: many\r\n\r\n'],
    [
      'has two Content-Lengths',
      'POST / HTTP/1.1\r\nHost: flow.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
    ],
    [
      'has another Transfer-Encoding',
      'POST / HTTP/1.1\r\nHost: flow.test\r\nTransfer-Encoding: gzip\r\n\r\n',
    ],
  ])('because it %s is answered 400 and the connection ends', async (_what, bytes) => {
    const client = await flow.connect()
    client.send(bytes)
    expect((await client.response()).status).toBe(400)
    await client.closed()
  })

  itAnswers('because its head is larger than client_buffer_size is refused', async () => {
    const client = await flow.connect()
    client.send(requestBytes('/', { headers: { 'X-Big': 'x'.repeat(9000) } }))
    const response = await client.response()
    expect([400, 431]).toContain(response.status)
    await client.closed()
  })

  it('ends the connection', async () => {
    const client = await flow.connect()
    client.send('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03not http at all\r\n\r\n')
    await client.closed()
  })
})
