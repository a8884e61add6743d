import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { RawClient } from '../support/rawClient.ts'
import { eventually, passTime, within } from '../support/waiting.ts'
import { answer, get, startListener } from './support.ts'

const POST = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n'
const IDLE_MS = 60

describe('an answer that comes before the end of a request body', () => {
  it('reaches a client that goes on sending, and the connection ends soon after', async () => {
    const { port, exchange, connectionCount } = await startListener((current) => current.body?.resume())
    const client = new RawClient(connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
    const errors: Error[] = []
    client.socket.on('error', (error) => errors.push(error))
    client.send(`${POST}\r\n`)
    const sending = setInterval(() => client.socket.destroyed || client.send('x'.repeat(50_000)), 5)
    try {
      answer(await exchange(), 'too large')
      expect((await client.response()).text).toBe('too large')
      await passTime(200)
      expect(errors).toEqual([])
      await eventually('the connection is gone', () => connectionCount() === 0)
    } finally {
      clearInterval(sending)
    }
  })

  it('ends the connection at once when the rest has come', async () => {
    const { client: connectTo, exchange, connectionCount } = await startListener()
    const client = await connectTo()
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab')
    answer(await exchange(), 'early')
    expect((await client.response()).text).toBe('early')
    client.send(`cd${get('/2')}`)
    await within(client.closed(), 500, () => 'the connection to end')
    await eventually('no connection', () => connectionCount() === 0)
  })
})

describe('a request body that does not go on', () => {
  it('is answered with 408', async () => {
    const { client: connectTo, exchange } = await startListener((current) => current.body?.resume(), {
      bodyIdleMs: IDLE_MS,
    })
    const client = await connectTo()
    client.send(`${POST}\r\nab`)
    const left = within(
      new Promise<void>((resolve) => {
        exchange().then((current) => {
          current.onClose = resolve
        })
      }),
      2000,
      () => 'the exchange to hear of it',
    )
    const response = await client.response()
    expect([response.status, response.text]).toEqual([408, 'Request body was not complete in time.\n'])
    await client.closed()
    await left
  })

  it('breaks an answer that has begun', async () => {
    const { client: connectTo, exchange } = await startListener((current) => current.body?.resume(), {
      bodyIdleMs: IDLE_MS,
    })
    const client = await connectTo()
    client.socket.on('error', () => {})
    client.send(`${POST}\r\nab`)
    const current = await exchange()
    current.head({ status: 200, reason: 'OK', headers: [] })
    current.write(Buffer.from('begun'))
    await within(client.closed(), 2000, () => 'the connection to break')
  })

  it('has the time again with each part of it', async () => {
    const { client: connectTo, exchange } = await startListener((current) => current.body?.resume(), {
      bodyIdleMs: IDLE_MS,
    })
    const client = await connectTo()
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n')
    for (let i = 0; i < 20; i++) {
      client.send('x')
      await passTime(10)
    }
    answer(await exchange(), 'whole')
    expect((await client.response()).text).toBe('whole')
  })

  it.each([
    ['is not taken', `${POST}\r\nab`],
    ['is not asked for', `${POST}Expect: 100-continue\r\n\r\n`],
  ])('because it %s may take its time', async (_, request) => {
    const { client: connectTo, exchange } = await startListener(undefined, { bodyIdleMs: IDLE_MS })
    const client = await connectTo()
    client.send(request)
    const current = await exchange()
    await passTime(4 * IDLE_MS)
    answer(current, 'late')
    expect((await client.response()).text).toBe('late')
  })
})
