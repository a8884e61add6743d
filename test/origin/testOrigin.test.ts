import { expect, it } from 'vitest'
import { createTestOrigin } from '../../src/origin/testOrigin.ts'
import { targetAt } from './passthroughFront.ts'
import { RecordingSink, requestFor } from './recordingSink.ts'
import { RecordingSocketSink } from './webSocket/support.ts'

async function ask(path: string, body?: Buffer): Promise<RecordingSink> {
  const sink = new RecordingSink()
  createTestOrigin().request(targetAt(1), requestFor(path, { body }), sink)
  await sink.ended
  return sink
}

const TEXT = ['Content-Type', 'text/plain']

it.each([
  ['/', 200, 'Hello from the Pushpin test handler!\n', []],
  ['', 200, 'Hello from the Pushpin test handler!\n', []],
  ['/?x', 200, 'Hello from the Pushpin test handler!\n', []],
  ['/response', 200, 'nothing for now\n', ['Grip-Hold', 'response', 'Grip-Channel', 'test']],
  ['/response/', 200, 'nothing for now\n', ['Grip-Hold', 'response', 'Grip-Channel', 'test']],
  ['/response?channel=a', 200, 'nothing for now\n', ['Grip-Hold', 'response', 'Grip-Channel', 'a']],
  ['/stream', 200, '[stream opened]\n', ['Grip-Hold', 'stream', 'Grip-Channel', 'test']],
  [
    '/stream/?channel=a&x=1&channel=b',
    200,
    '[stream opened]\n',
    ['Grip-Hold', 'stream', 'Grip-Channel', 'a, b'],
  ],
  ['/stream?channel=a%20b', 200, '[stream opened]\n', ['Grip-Hold', 'stream', 'Grip-Channel', 'a b']],
  ['/stream?channel=%C3%BC', 200, '[stream opened]\n', ['Grip-Hold', 'stream', 'Grip-Channel', '\xc3\xbc']],
  ['/stream?channel=a%0d%0aX:b', 400, 'bad channel name\n', []],
  ['/stream//', 404, 'no such test resource\n', []],
  ['/else', 404, 'no such test resource\n', []],
])('%s answers %d %j with %j', async (path, status, body, grip) => {
  const sink = await ask(path)
  expect(sink.head?.status).toBe(status)
  expect(sink.body).toBe(body)
  expect(sink.head?.headers).toEqual([...TEXT, ...grip, 'Content-Length', String(body.length)])
})

it('a body of more than 100000 bytes is refused', async () => {
  const sink = await ask('/', Buffer.alloc(100_001))
  expect(sink.head?.status).toBe(400)
  expect(sink.body).toBe('request too large\n')
})

/** Opens /ws of the test target with these headers. */
async function opened(path: string, headers: readonly string[]): Promise<RecordingSocketSink> {
  const sink = new RecordingSocketSink()
  createTestOrigin().openSocket(targetAt(1), requestFor(path, { headers }), sink)
  await sink.settled()
  return sink
}

it.each([
  ['/ws', ['test']],
  ['/ws/', ['test']],
  ['/ws?channel=a&channel=b%20c', ['a', 'b c']],
])('%s accepts GRIP, subscribes to %j, and echoes what it gets', async (path, channels) => {
  const { head, owner, socket } = await opened(path, ['Sec-WebSocket-Extensions', 'grip'])
  expect(head?.headers).toEqual(['Sec-WebSocket-Extensions', 'grip'])
  socket?.send('text', Buffer.from('hi'))
  socket?.send('binary', Buffer.from([255]))
  socket?.send('ping', Buffer.from('p'))
  socket?.send('pong', Buffer.from('q'))
  socket?.close(4000, 'bye')
  await owner.hears(
    ...channels.map((channel) => `text c:${JSON.stringify({ type: 'subscribe', channel })}`),
    ...['text m:hi', 'binary 6d3aff', 'ping p', 'pong q', 'close 4000 bye', 'gone'],
  )
})

it('/ws echoes plainly where GRIP was not offered', async () => {
  const { head, owner, socket } = await opened('/ws', [])
  expect(head?.headers).toEqual([])
  socket?.send('text', Buffer.from('hi'))
  socket?.close(undefined, '')
  await owner.hears('text hi', 'close undefined', 'gone')
})

it('a WebSocket elsewhere is refused', async () => {
  const { head, body } = await opened('/stream', ['Sec-WebSocket-Extensions', 'grip'])
  expect(head).toMatchObject({ status: 404, headers: TEXT })
  expect(body).toBe('no such test resource\n')
})
