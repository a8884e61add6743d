import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import type { OriginRequest } from '../../src/edges/origin.ts'
import { createLocalOrigin } from '../../src/origin/localOrigin.ts'
import type { AnswerLocally, LocalRequest } from '../../src/util/localAnswer.ts'
import { targetAt } from './passthroughFront.ts'
import { RecordingSink, requestFor } from './recordingSink.ts'

function ask(answer: AnswerLocally, more: Partial<OriginRequest> = {}) {
  const sink = new RecordingSink()
  const exchange = createLocalOrigin(answer).request(targetAt(1), requestFor('/', more), sink)
  return { sink, exchange }
}

const OK = { status: 200, headers: ['X-a', '1'], body: 'hello' }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

it('the asker is told nothing before its call has returned', async () => {
  const { sink } = ask(() => OK)
  expect(sink.calls).toEqual([])
  await sink.ended
  expect(sink.calls).toEqual(['head', 'data', 'end'])
})

it('an answer has its status, its reason, its fields and its length', async () => {
  const { sink } = ask(() => ({ ...OK, status: 404, body: 'grüße' }))
  await sink.ended
  expect(sink.head).toEqual({
    status: 404,
    reason: 'Not Found',
    headers: ['X-a', '1', 'Content-Length', '7'],
  })
  expect(sink.body).toBe('grüße')
})

it.each([204, 304])('an answer with status %d says no length', async (status) => {
  const { sink } = ask(() => ({ status, headers: [], body: '' }))
  await sink.ended
  expect(sink.head?.headers).toEqual([])
  expect(sink.calls).toEqual(['head', 'end'])
})

it('a length that the function gives is kept', async () => {
  const { sink } = ask(() => ({ status: 200, headers: ['content-length', '5'], body: 'hello' }))
  await sink.ended
  expect(sink.head?.headers).toEqual(['content-length', '5'])
})

it('the answer to HEAD has the length and no body', async () => {
  const { sink } = ask(() => OK, { method: 'HEAD' })
  await sink.ended
  expect(sink.calls).toEqual(['head', 'end'])
  expect(sink.head?.headers).toEqual(['X-a', '1', 'Content-Length', '5'])
})

it('the function gets the request with its whole body, and may take its time', async () => {
  const seen: LocalRequest[] = []
  const body = new PassThrough()
  const answer = async (request: LocalRequest) => {
    seen.push(request)
    await turn()
    return OK
  }
  const { sink } = ask(answer, { method: 'POST', path: '/p?q', headers: ['X-b', '2'], body })
  body.write('one ')
  await turn()
  expect(seen).toEqual([])
  body.end('two')
  await sink.ended
  expect(seen).toEqual([
    {
      method: 'POST',
      path: '/p?q',
      authority: 'local.test',
      headers: ['X-b', '2'],
      body: Buffer.from('one two'),
    },
  ])
  expect(sink.body).toBe('hello')
})

it('a body of 100000 bytes is taken', async () => {
  const { sink } = ask(({ body }) => ({ ...OK, body: String(body.length) }), { body: Buffer.alloc(100_000) })
  await sink.ended
  expect(sink.body).toBe('100000')
})

it('a longer body is refused, and the function not asked', async () => {
  let asked = 0
  const answer = () => {
    asked++
    return OK
  }
  const streamed = new PassThrough()
  const { sink: first } = ask(answer, { body: streamed })
  streamed.write(Buffer.alloc(60_000))
  streamed.write(Buffer.alloc(60_000))
  await first.ended
  const { sink: second } = ask(answer, { body: Buffer.alloc(100_001) })
  await second.ended
  for (const sink of [first, second]) {
    expect(sink.head?.status).toBe(400)
    expect(sink.body).toBe('request too large\n')
  }
  expect(asked).toBe(0)
  streamed.end(Buffer.alloc(100_000))
  await turn()
  expect(first.calls).toEqual(['head', 'data', 'end'])
})

it('a body that breaks off is a failure', async () => {
  const body = new PassThrough()
  const { sink } = ask(() => OK, { body })
  body.destroy(new Error('gone'))
  await sink.ended
  expect(sink.calls).toEqual(['error'])
  expect(sink.error).toMatchObject({ code: 'ORIGIN_BROKEN', cause: new Error('gone') })
})

it.each([
  [
    'throws',
    () => {
      throw new Error('oops')
    },
  ],
  ['rejects', () => Promise.reject(new Error('oops'))],
])('a function that %s is a failure', async (_what, answer) => {
  const { sink } = ask(answer)
  await sink.ended
  expect(sink.calls).toEqual(['error'])
  expect(sink.error).toMatchObject({ code: 'ORIGIN_BROKEN', cause: new Error('oops') })
})

it('an asker that is full gets the end when it has room again', async () => {
  const sink = new RecordingSink()
  sink.goesOn = false
  const exchange = createLocalOrigin(() => OK).request(targetAt(1), requestFor('/'), sink)
  await turn()
  await turn()
  expect(sink.calls).toEqual(['head', 'data'])
  exchange.resume()
  await sink.ended
  expect(sink.calls).toEqual(['head', 'data', 'end'])
})

it('an asker that gives up is told nothing more', async () => {
  const { sink, exchange } = ask(async () => {
    await turn()
    return OK
  })
  exchange.abort()
  await turn()
  await turn()
  expect(sink.calls).toEqual([])
})

it('an asker that gives up at the head gets no body', async () => {
  const sink = new RecordingSink()
  const exchange = createLocalOrigin(() => OK).request(targetAt(1), requestFor('/'), sink)
  const { onHead } = sink
  sink.onHead = (head) => {
    onHead.call(sink, head)
    exchange.abort()
  }
  await turn()
  await turn()
  expect(sink.calls).toEqual(['head'])
})
