import { mkdtempSync } from 'node:fs'
import { createServer as createHttpServer, get as httpGet } from 'node:http'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import {
  type CreateServerOptions,
  createServer,
  type HoldfastServer,
  type WarningEvent,
} from '../../../src/index.ts'
import { openStream } from '../../support/client.ts'
import { eventually } from '../../support/waiting.ts'

const servers: HoldfastServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function started(options: CreateServerOptions): Promise<HoldfastServer> {
  const server = createServer({ settings: { runner: { drain_timeout: 0 } }, ...options })
  servers.push(server)
  return server.listen()
}

const holding = (channel: string) => (): Response =>
  new Response('hi\n', { headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel } })

async function asked(server: HoldfastServer, path = '/', init?: RequestInit): Promise<string> {
  return (await fetch(`${server.url}${path}`, init)).text()
}

describe('origins', () => {
  it('a function gets a request as its client sent it, and its Response is the answer', async () => {
    const server = await started({
      origin: async (request) => {
        const { pathname, search } = new URL(request.url)
        const cookies: [string, string][] = [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ]
        const body = `${request.method} ${pathname}${search} ${request.headers.get('x-a')} ${await request.text()}`
        return new Response(body, { status: 201, headers: [...cookies, ['X-B', 'c']] })
      },
    })
    const answer = await fetch(`${server.url}/a/b?c=d`, {
      method: 'POST',
      headers: { 'X-A': '1' },
      body: 'hello',
    })
    expect([answer.status, answer.headers.get('x-b'), answer.headers.getSetCookie()]).toEqual([
      201,
      'c',
      ['a=1', 'b=2'],
    ])
    expect(await answer.text()).toBe('POST /a/b?c=d 1 hello')
  })

  it('a body of several megabytes goes both ways', async () => {
    const server = await started({ origin: (request) => new Response(request.body) })
    const sent = 'x'.repeat(5_000_000)
    expect(await asked(server, '/', { method: 'POST', body: sent })).toBe(sent)
  })

  it('a function learns that its client has left', async () => {
    let signal: AbortSignal | undefined
    const server = await started({
      origin: (request) => {
        signal = request.signal
        return new Promise(() => {})
      },
    })
    const leaving = new AbortController()
    const answer = fetch(`${server.url}/`, { signal: leaving.signal })
    await eventually('the function is asked', () => signal !== undefined)
    leaving.abort()
    await expect(answer).rejects.toThrow()
    await eventually('the function knows', () => signal?.aborted)
  })

  it('a function that throws gives 502, and one that does not answer in time 504', async () => {
    const server = await started({
      settings: { runner: { drain_timeout: 0 }, proxy: { debug: true, origin_timeout: 0.1 } },
      routes: [
        { path: '/slow', origin: () => new Promise<Response>(() => {}) },
        {
          path: '/broken',
          origin: () => {
            throw new Error('oops')
          },
        },
      ],
    })
    const [slow, broken] = await Promise.all([fetch(`${server.url}/slow`), fetch(`${server.url}/broken`)])
    expect([slow.status, broken.status]).toEqual([504, 502])
    expect(await broken.text()).toContain('oops')
  })

  it('a function of a path gets the whole path', async () => {
    const server = await started({
      routes: [{ path: '/api/', origin: (request) => new Response(new URL(request.url).pathname) }],
      origin: () => new Response('other'),
    })
    expect(await asked(server, '/api/items')).toBe('/api/items')
    expect(await asked(server, '/')).toBe('other')
  })

  it('routes may be lines and objects that lead out of the process', async () => {
    const origin = createHttpServer((request, response) => response.end(`out ${request.url}`))
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
    const { port } = origin.address() as { port: number }
    const server = await started({
      routes: [
        `*,path_beg=/line/ 127.0.0.1:${port}`,
        { path: '/object/', origin: `127.0.0.1:${port}` },
        '* test',
      ],
    })
    expect(await asked(server, '/line/')).toBe('out /line/')
    expect(await asked(server, '/object/')).toBe('out /object/')
    expect(await asked(server, '/')).toContain('Hello')
    origin.close()
  })

  it('an origin may be behind a unix socket, whose relative path begins where the program runs', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'app-')), 'app.sock')
    const origin = createHttpServer((request, response) => response.end(`local ${request.url}`))
    await new Promise<void>((resolve) => origin.listen(path, resolve))
    const server = await started({
      routes: [{ path: '/relative/', origin: `unix:${relative(process.cwd(), path)}` }],
      origin: `unix:${path}`,
    })
    expect(await asked(server, '/relative/')).toBe('local /relative/')
    expect(await asked(server, '/x')).toBe('local /x')
    origin.close()
  })

  it('a listener of node:http can hold clients', async () => {
    const server = await started({
      origin: {
        listener: (_request, response) => {
          response.writeHead(200, { 'Grip-Hold': 'stream', 'Grip-Channel': 'news' }).end('hi\n')
        },
      },
    })
    const stream = await openStream(server.port!, '/')
    await stream.until('hi\n')
    await server.publish('news', { 'http-stream': { content: 'hello\n' } })
    await stream.until('hello\n')
  })
})

describe('publishing', () => {
  it('an item reaches a stream, and says so', async () => {
    const server = await started({ origin: holding('news') })
    const stream = await openStream(server.port!, '/')
    await stream.until('hi\n')
    expect(await server.publish('news', 'hello\n')).toEqual({ holds: 1 })
    expect(
      await server.publish([{ channel: 'other', formats: { 'http-stream': { content: 'x' } } }]),
    ).toEqual([{ holds: 0 }])
    await stream.until('hello\n')
  })

  it('bytes reach a stream as they are, and WebSockets as a binary message', async () => {
    const server = await started({
      origin: {
        fetch: holding('raw'),
        webSocket: (_request, socket) => {
          socket.subscribe('raw')
          socket.on('message', (content) => server.publish('raw', { 'ws-message': { content } }))
        },
      },
    })
    const bytes = Uint8Array.of(0, 255, 10)
    const stream = await fetch(`${server.url}/`)
    const reader = stream.body!.getReader()
    await reader.read()
    const heard: unknown[] = []
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`)
    client.on('message', (content, isBinary) => heard.push([isBinary, [...(content as Buffer)]]))
    await new Promise((resolve) => client.once('open', resolve))
    await eventually('both are held', async () => (await server.publish('raw', bytes)).holds === 2)
    expect([...(await reader.read()).value!.subarray(0, 3)]).toEqual([0, 255, 10])
    await eventually('the message', () => heard.length > 0)
    expect(heard[0]).toEqual([true, [0, 255, 10]])
    const before = heard.length
    client.send(Uint8Array.of(1, 2))
    await eventually('the echo', () => heard.length > before)
    expect(heard.at(-1)).toEqual([true, [1, 2]])
    await reader.cancel()
  })

  it('an item that is not valid is refused, as is one before the start and after the end', async () => {
    const server = createServer({ origin: holding('news') })
    await expect(server.publish('news', 'x')).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    await server.listen()
    await expect(server.publish('news', {})).rejects.toMatchObject({ code: 'ITEM_INVALID' })
    await server.close()
    await expect(server.publish('news', 'x')).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
  })

  it('other processes publish by the control port, when there is one', async () => {
    const server = await started({ origin: holding('news'), control: 0 })
    const stream = await openStream(server.port!, '/')
    await stream.until('hi\n')
    const items = [{ channel: 'news', formats: { 'http-stream': { content: 'posted\n' } } }]
    await fetch(`${server.controlUrl}/publish`, { method: 'POST', body: JSON.stringify({ items }) })
    await stream.until('posted\n')
    expect((await started({ origin: holding('news') })).controlUrl).toBeUndefined()
  })
})

describe('WebSockets', () => {
  it('a function takes them, subscribes them and talks with their clients', async () => {
    const ends: unknown[] = []
    const server = await started({
      origin: {
        fetch: () => new Response('plain'),
        webSocket: (request, socket) => {
          socket.subscribe('news')
          socket.send(`welcome to ${new URL(request.url).pathname}`)
          socket.on('message', (content) => socket.send(`you said ${content}`))
          socket.on('close', (...end) => ends.push(end))
        },
      },
    })
    const heard: string[] = []
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/chat`)
    client.on('message', (content) => heard.push(content.toString()))
    await eventually('the welcome', () => heard.length === 1)
    client.send('hello')
    await eventually('the answer', () => heard.length === 2)
    await server.publish('news', { 'ws-message': { content: 'extra' } })
    await eventually('the news', () => heard.length === 3)
    client.close(4001, 'bye')
    await eventually('the end', () => ends.length === 1)
    expect(heard).toEqual(['welcome to /chat', 'you said hello', 'extra'])
    expect(ends).toEqual([[4001, 'bye']])
  })

  it('a Response refuses one', async () => {
    const server = await started({
      origin: { fetch: () => new Response(), webSocket: () => new Response('no', { status: 403 }) },
    })
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`)
    const status = new Promise((resolve) => {
      client.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
    })
    expect(await status).toBe(403)
  })

  it('a plain function gets them as WebSocket-over-HTTP', async () => {
    const server = await started({
      origin: async (request) => {
        const isOpening = (await request.text()).startsWith('OPEN\r\n')
        const headers = { 'Content-Type': 'application/websocket-events', 'Sec-WebSocket-Extensions': 'grip' }
        return new Response(isOpening ? 'OPEN\r\nTEXT 4\r\nm:hi\r\n' : '', { headers })
      },
    })
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`)
    const heard = new Promise((resolve) => client.once('message', (content) => resolve(content.toString())))
    expect(await heard).toBe('hi')
    client.terminate()
  })
})

describe('events', () => {
  it('tell who comes and goes, and what is published', async () => {
    const told: unknown[] = []
    const server = await started({ origin: holding('news') })
    for (const name of ['connection', 'subscribe', 'publish', 'unsubscribe', 'disconnection'] as const) {
      server.on(name, (event: object) => told.push([name, { ...event, id: undefined }]))
    }
    const stream = await openStream(server.port!, '/')
    await stream.until('hi\n')
    await server.publish('news', 'hello')
    stream.client.destroy()
    await eventually('the end', () => told.length === 5)
    const connection = { id: undefined, kind: 'http', route: '*,*,*,*' }
    expect(told).toEqual([
      ['connection', connection],
      ['subscribe', { id: undefined, channel: 'news', kind: 'stream', subscribers: 1 }],
      ['publish', { id: undefined, channel: 'news' }],
      ['unsubscribe', { id: undefined, channel: 'news', kind: 'stream', subscribers: 0 }],
      ['disconnection', connection],
    ])
  })

  it('tell of what goes wrong, with its code', async () => {
    const warnings: WarningEvent[] = []
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    const settings = { proxy: { debgu: true } }
    const server = createServer({ settings, origin: () => new Response(readable) })
    servers.push(server)
    server.on('warning', (warning) => warnings.push(warning))
    await server.listen()
    void writer.write(Buffer.from('half of'))
    const answer = await fetch(`${server.url}/`)
    void writer.abort(new Error('oops'))
    await expect(answer.text()).rejects.toThrow()
    await eventually('the warnings', () => warnings.length === 2)
    expect(warnings[0]?.message).toBe('settings.proxy.debgu: unknown key debgu in [proxy]')
    expect(warnings[1]).toMatchObject({ level: 'warn', code: 'ORIGIN_BROKEN' })
    expect(warnings[1]?.message).toContain('oops')
  })

  it('go to a logger of the program, too', async () => {
    const lines: unknown[] = []
    const line =
      (level: string) =>
      (...parts: readonly unknown[]): number =>
        lines.push([level, parts.at(-1)])
    const log = {
      error: line('error'),
      warn: line('warn'),
      info: line('info'),
      debug: line('debug'),
      trace: line('trace'),
    }
    const server = await started({ origin: holding('news'), log })
    expect(lines).toContainEqual(['info', `listening for clients on 127.0.0.1:${server.port}`])
  })
})

describe('life', () => {
  it('two servers in one process know nothing of each other', async () => {
    const [one, other] = await Promise.all([
      started({ origin: holding('a') }),
      started({ origin: holding('a') }),
    ])
    const stream = await openStream(one.port!, '/')
    await stream.until('hi\n')
    expect(await other.publish('a', 'x')).toEqual({ holds: 0 })
    await other.close()
    expect(await one.publish('a', 'still here')).toEqual({ holds: 1 })
  })

  it('a server leaves signals and faults to its program', async () => {
    const names = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'exit']
    const counts = (): number[] => names.map((name) => process.listenerCount(name))
    const before = counts()
    await started({ origin: holding('a'), control: 0 })
    expect(counts()).toEqual(before)
  })

  it('a server listens on a unix socket', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'socket')
    const server = createServer({ origin: () => new Response('by file') })
    servers.push(server)
    await server.listen({ path })
    const answered = new Promise<string>((resolve, reject) => {
      httpGet({ socketPath: path, path: '/' }, (response) => resolve(text(response))).on('error', reject)
    })
    expect(await answered).toBe('by file')
    expect(server.port).toBeUndefined()
  })

  it('a server that is closed while it starts leaves no port open', async () => {
    const server = createServer({ origin: () => new Response() })
    const listening = server.listen()
    await server.close()
    await listening
    await expect(fetch(`${server.url}/`)).rejects.toThrow()
    await expect(server.listen()).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('a port that is taken is an error, after which another may be tried', async () => {
    const taken = await started({ origin: holding('a') })
    const server = createServer({ origin: holding('a') })
    servers.push(server)
    await expect(server.listen(taken.port)).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    await server.listen()
    expect(server.port).not.toBe(taken.port)
  })
})

describe('options that are of no use', () => {
  it.each([
    ['nothing', {}, /origin or routes/],
    [
      'a value',
      { routes: [], settings: { proxy: { origin_timeout: 'soon' } } },
      /settings\.proxy\.origin_timeout/,
    ],
    ['workers', { routes: [], settings: { runner: { workers: 2 } } }, /settings\.runner\.workers/],
    ['an open control port', { routes: [], control: { port: 0, host: '0.0.0.0' } }, /without a key/],
  ])('%s', (_what, options, message) => {
    expect(() => createServer(options as CreateServerOptions)).toThrow(message)
  })

  it.each([
    ['a line', { routes: ['* test', '* localhost'] }, /^routes\[1\]: target bad format/],
    ['a path', { routes: [{ path: 'api', origin: 'localhost:1' }] }, /^routes\[0\]: path must start/],
    ['an origin', { origin: 3000 }, /must be a function, \{ fetch \} or \{ listener \}/],
    ['a target', { origin: 'localhost' }, /target bad format/],
  ])('%s', async (_what, options, message) => {
    await expect(createServer(options as unknown as CreateServerOptions).listen()).rejects.toThrow(message)
  })
})
