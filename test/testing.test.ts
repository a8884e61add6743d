import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../src/testing.ts'
import { TestProcess } from './support/process.ts'

const project = fileURLToPath(new URL('..', import.meta.url))

// The package is what is built.
beforeAll(() => {
  spawnSync(process.execPath, ['tools/ensureReady.mjs'], { cwd: project })
}, 60_000)

const started = (): Promise<TestServer> => startTestServer({ after: onTestFinished })

describe('holdfast/testing', () => {
  it('a stream gets events one by one, with their fields', async () => {
    const server = await started()
    server.origin.stream('/events', 'news', { body: ': welcome\n\n' })
    const stream = await server.stream('/events')
    await server.subscribed('news')
    await server.publish('news', {
      'http-stream': { content: 'data: one\n\nid: 7\nevent: e\ndata: t\ndata: wo\n\n' },
    })
    expect([stream.status, await stream.next()]).toEqual([200, 'one'])
    expect(await stream.nextEvent()).toEqual({ id: '7', event: 'e', data: 't\nwo' })
    stream.close()
    await server.unsubscribed('news')
  })

  it('a stream that is not of events comes line by line, and to its end', async () => {
    const server = await started()
    server.origin.stream('/lines', 'news', { body: 'one\r\ntw', headers: { 'Content-Type': 'text/plain' } })
    const stream = await server.stream('/lines')
    await server.subscribed('news')
    await server.publish('news', { 'http-stream': { content: 'o\n' } })
    expect([await stream.next(), await stream.next()]).toEqual(['one', 'two'])
    await server.publish([{ channel: 'news', action: 'close' }])
    await stream.ended()
    await expect(stream.next()).rejects.toThrow('stream /lines: it has ended')
  })

  it('a long poll is answered', async () => {
    const server = await started()
    server.origin.poll('/poll', 'news')
    const poll = server.poll('/poll')
    await server.subscribed('news')
    await server.publish('news', { 'http-response': { code: 201, body: 'hello' } })
    expect(await poll.answer).toMatchObject({ status: 201, body: 'hello' })
  })

  it('a WebSocket talks with its origin, gets what is published, and closes', async () => {
    const server = await started()
    server.origin.socket('/chat', (_request, socket) => {
      socket.subscribe('news')
      socket.on('message', (content) => socket.send(content))
    })
    const socket = await server.socket('/chat')
    socket.send('to me')
    expect(await socket.next()).toBe('to me')
    await server.subscribed('news')
    await server.publish('news', { 'ws-message': { content: 'to all' } })
    expect(await socket.next()).toBe('to all')
    expect(await socket.close(4000, 'bye')).toEqual({ code: 4000, reason: 'bye' })
    await expect(server.socket('/other')).rejects.toThrow('404')
  })

  it('the origin knows what it was asked', async () => {
    const server = await started()
    server.origin.answer('/a', async (request) => new Response(await request.text()))
    expect(
      await server.get('/a?b', { method: 'POST', headers: { 'X-C': 'd' }, body: 'hello' }),
    ).toMatchObject({
      status: 200,
      body: 'hello',
    })
    expect((await server.get('/nothing')).status).toBe(404)
    const [request] = server.origin.requests
    expect([request?.method, new URL(request?.url ?? '').search, request?.headers.get('x-c')]).toEqual([
      'POST',
      '?b',
      'd',
    ])
  })

  it('what does not come is an error that says what was waited for', async () => {
    const server = await started()
    server.origin.stream('/events', 'news')
    const stream = await server.stream('/events')
    await expect(stream.next(20)).rejects.toThrow('stream /events: nothing came within 20 ms')
  })

  it('a program brings its own origin', async () => {
    const server = await startTestServer({ origin: () => new Response('mine'), after: onTestFinished })
    expect((await server.get('/')).body).toBe('mine')
  })

  it('works in node:test, and nothing keeps the process alive after the close', async () => {
    const program = new TestProcess(
      process.execPath,
      ['--input-type=module', '--test-reporter=tap', '--eval', NODE_TEST],
      { cwd: project },
    )
    expect(await program.exited()).toBe(0)
    expect(program.output).toContain('# pass 1')
  })
})

const NODE_TEST = `
  import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { startTestServer } from 'holdfast/testing'

  test('news', async (t) => {
    const server = await startTestServer({ after: (close) => t.after(close) })
    server.origin.stream('/events', 'news').socket('/chat', 'news')
    const [stream, socket] = await Promise.all([server.stream('/events'), server.socket('/chat')])
    await server.subscribed('news', 2)
    await server.publish('news', { 'http-stream': { content: 'data: hello\\n\\n' }, 'ws-message': { content: 'hi' } })
    assert.deepEqual([await stream.next(), await socket.next()], ['hello', 'hi'])
  })
`
