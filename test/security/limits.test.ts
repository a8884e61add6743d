import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import type { HeaderList } from '../support/client.ts'
import { Flow } from '../support/flow.ts'
import { startOrigin, startTcpOrigin, uniqueName } from '../support/origin.ts'
import { publishCounted, responseItem, streamItem } from '../support/publish.ts'
import { connect, type RawClient } from '../support/rawClient.ts'
import { startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

/** RFC 6455 §1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

const stops: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

/** Starts a server with an origin and these settings. */
async function startFlow(conf: Record<string, Record<string, string | number>>, route = '*'): Promise<Flow> {
  const flow = new Flow()
  flow.origin = await startOrigin()
  flow.server = await startTarget({ routes: [`${route} ${flow.origin.address}`], conf })
  stops.push(
    () => flow.origin.stop(),
    () => flow.server.stop(),
  )
  return flow
}

function channels(...names: string[]): { headers: HeaderList } {
  return { headers: names.map((name): [string, string] => ['Grip-Channel', name]) }
}

describe('a request', () => {
  it('with as many fields as client_header_count is taken, and with one more is not', async () => {
    const flow = await startFlow({ runner: { client_header_count: 100 } })
    const fields = (count: number) => Array.from({ length: count }, (): [string, string] => ['X', 'y'])
    expect((await flow.answered({ body: 'a' }, '', { headers: fields(99) })).status).toBe(200)
    expect((await flow.answered({ body: 'a' }, '', { headers: fields(100) })).status).toBe(400)
  })

  it('whose target is longer than client_uri_size is answered with 414', async () => {
    const flow = await startFlow({ runner: { client_uri_size: 100 } })
    expect((await flow.get(`/${'x'.repeat(99)}`)).status).toBe(404)
    const refused = await flow.get(`/${'x'.repeat(100)}`)
    expect([refused.status, refused.text]).toEqual([414, 'Request target exceeded limit of 100 bytes.\n'])
  })

  describe.each([
    ['', '*'],
    [', on a route without GRIP', '*,no_grip'],
  ])('whose body is longer than client_body_size%s', (_, route) => {
    it('is answered with 413 by its Content-Length, also while the client goes on sending', async () => {
      const flow = await startFlow({ runner: { client_body_size: 1000 } }, route)
      expect(
        (await flow.answered({ body: 'a' }, '', { method: 'POST', body: 'x'.repeat(1000) })).status,
      ).toBe(200)
      const refused = await flow.answered({ body: 'a' }, '', { method: 'POST', body: 'x'.repeat(300_000) })
      expect([refused.status, refused.text]).toEqual([413, 'Request body exceeded limit of 1000 bytes.\n'])
    })

    it('is answered with 413 when its chunks are too many, and never looks whole to the origin', async () => {
      const flow = await startFlow({ runner: { client_body_size: 100_000 } }, route)
      const path = flow.origin.answer({ body: 'a' })
      const client = await flow.connect()
      client.send(`POST ${path} HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n`)
      for (let i = 0; i < 11; i++) client.send(`2710\r\n${'x'.repeat(10_000)}\r\n`)
      const refused = await client.response()
      expect([refused.status, refused.text]).toEqual([413, 'Request body exceeded limit of 100000 bytes.\n'])
      await eventually('the origin to be left', () => flow.origin.requests(path)[0]?.aborted ?? true)
      expect(flow.origin.requests(path)[0]?.complete ?? false).toBe(false)
    })
  })

  it('whose body stops for client_body_timeout is answered with 408', async () => {
    const flow = await startFlow({ runner: { client_body_timeout: 0.2 } })
    const client = await flow.connect()
    client.send('POST /x HTTP/1.1\r\nHost: h.test\r\nContent-Length: 10\r\n\r\nabc')
    expect((await client.response()).status).toBe(408)
  })
})

describe('channels', () => {
  it('with names longer than channel_name_length are not subscribed to, and the others are', async () => {
    const flow = await startFlow({ handler: { channel_name_length: 30 } })
    const long = 'x'.repeat(31)
    const { stream, channel } = await flow.heldStream(channels(long))
    const counts = await publishCounted(flow.server.controlPort, [
      streamItem(long, 'a'),
      streamItem(channel, 'b'),
    ])
    expect(counts.map(({ holds }) => holds)).toEqual([0, 1])
    await stream.until('b')
    expect(flow.server.logs()).toContain('a channel left out: channel_name_length is 30')
  })

  it('above channel_max are not subscribed to until others are gone', async () => {
    const flow = await startFlow({ handler: { channel_max: 2, subscription_linger: 0 } })
    // The probe of the test's own server setup may linger; two are enough to fill what is left.
    const first = await flow.heldStream(channels(uniqueName('b')))
    const third = uniqueName('c')
    await flow.openStream(
      flow.origin.answer({
        headers: [
          ['Grip-Hold', 'stream'],
          ['Grip-Channel', third],
        ],
      }),
    )
    await eventually('the log line', () =>
      flow.server.logs().includes('a channel left out: channel_max is 2'),
    )
    const [item] = await publishCounted(flow.server.controlPort, [streamItem(third, 'a')])
    expect(item!.holds).toBe(0)
    first.stream.client.destroy()
    await eventually('room', async () => {
      const [count] = await publishCounted(flow.server.controlPort, [streamItem(first.channel, 'a')])
      return count!.holds === 0
    })
    const fourth = await flow.heldPoll()
    await flow.publish(responseItem(fourth.channel, 'here'))
    expect((await fourth.poll.answer()).text).toBe('here')
  })
})

describe('an origin', () => {
  it.each([
    ['', '*'],
    [' without GRIP', '*,no_grip'],
  ])(
    'of a route%s has no more than origin_maxconn connections, and every request its turn',
    async (_, route) => {
      let most = 0
      const open = new Set<Socket>()
      const origin = await startTcpOrigin((socket) => {
        open.add(socket)
        most = Math.max(most, open.size)
        socket.on('close', () => open.delete(socket))
        socket.on('data', () =>
          setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 10),
        )
      })
      const server = await startTarget({
        routes: [`${route} 127.0.0.1:${origin.port}`],
        conf: { proxy: { origin_maxconn: 3 } },
      })
      stops.push(
        () => origin.stop(),
        () => server.stop(),
      )
      const clients = await Promise.all(Array.from({ length: 20 }, () => connect(server.port)))
      for (const client of clients) client.send('GET /x HTTP/1.1\r\nHost: h.test\r\n\r\n')
      const answers = await Promise.all(clients.map((client) => client.response()))
      expect(answers.map(({ text }) => text)).toEqual(clients.map(() => 'ok'))
      expect(most).toBeGreaterThan(1)
      expect(most).toBeLessThanOrEqual(3)
    },
  )
})

describe('connections', () => {
  it('of one address above client_maxconn_per_address get 503 and may come again', async () => {
    const flow = await startFlow({ runner: { client_maxconn_per_address: 5 } })
    const { clients, refused } = await openUntilRefused(flow, 50)
    expect(refused.header('retry-after')).toBe('5')
    expect(refused.text).toBe('Too many connections from this address.\n')
    expect(clients.length).toBeLessThanOrEqual(5)
    for (const client of clients) client.destroy()
    await eventually('a connection is taken again', () => isTaken(flow))
  })

  it('of one address that were held as streams or upgraded do not count any more when they have ended', async () => {
    const flow = await startFlow({ runner: { client_maxconn_per_address: 5 } })
    const { stream } = await flow.heldStream()
    const { poll } = await flow.heldPoll()
    const upgraded = await flow.connect()
    const handshake = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
    upgraded.send(`GET /none HTTP/1.1\r\nHost: h.test\r\n${handshake}\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`)
    await upgraded.response()
    const { clients } = await openUntilRefused(flow, 50)
    for (const client of [...clients, upgraded, stream.client, poll.client]) client.destroy()
    await eventually('as many are taken again', async () => {
      const again = await openUntilRefused(flow, 50)
      for (const client of again.clients) client.destroy()
      return again.clients.length === 5
    })
  })

  const hasLimits = existsSync('/proc/self/limits')
  it.runIf(hasLimits)(
    'get 503 before the files run out, while origins are still reached, and are taken again',
    async () => {
      const maxFiles = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }))
      const flow = await startFlow({ runner: { file_reserve: maxFiles - 100 } })
      const path = flow.origin.answer({ body: 'reached' })
      const { clients, refused } = await openUntilRefused(flow, 200)
      expect([refused.header('retry-after'), refused.text]).toEqual([
        '5',
        'The server has no room for more connections.\n',
      ])
      const [kept] = clients
      kept!.send(`GET ${path} HTTP/1.1\r\nHost: h.test\r\n\r\n`)
      expect((await kept!.response()).text).toBe('reached')
      for (const client of clients) client.destroy()
      await eventually('a connection is taken again', () => isTaken(flow))
      expect(readFileSync(`/proc/${flow.server.pid}/limits`, 'utf8')).toMatch(`${maxFiles}`)
    },
  )
})

/** Opens idle connections until one is told to go, which must be before `most`. */
async function openUntilRefused(flow: Flow, most: number) {
  const clients: RawClient[] = []
  while (clients.length < most) {
    const client = await flow.connect()
    const path = flow.origin.answer({ body: 'taken' })
    client.send(`GET ${path} HTTP/1.1\r\nHost: h.test\r\n\r\n`)
    const answer = await client.response()
    if (answer.status === 503) return { clients, refused: answer }
    clients.push(client)
  }
  throw new Error(`none of ${most} connections was refused`)
}

async function isTaken(flow: Flow): Promise<boolean> {
  return (await flow.answered({ body: 'taken' })).status === 200
}
