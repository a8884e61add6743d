import type { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { streamItem } from '../support/items.ts'
import { eventually } from '../support/waiting.ts'
import { createTestProxy, fakeBody } from './support.ts'

const STREAM = ['Grip-Hold', 'stream', 'Grip-Channel', 'c']
const RESPONSE = ['Grip-Hold', 'response', 'Grip-Channel', 'c']

/** A POST whose body the test writes. */
function post(routes?: readonly string[], bodyLength?: number) {
  const proxy = createTestProxy(routes === undefined ? {} : { routes })
  const body = fakeBody()
  const response = proxy.send({ method: 'POST', body, bodyLength })
  const asked = (n = 0) => eventually(`request ${n} to an origin`, () => proxy.origin.asked[n])
  return { ...proxy, body, response, asked }
}

/** Writes in pieces of the size that sockets deliver, waiting where asked to. */
async function write(body: PassThrough, bytes: number): Promise<void> {
  for (let written = 0; written < bytes; written += 10_000) {
    if (!body.write(Buffer.alloc(Math.min(10_000, bytes - written), 'x'))) {
      await new Promise<void>((resolve) => {
        body.once('drain', resolve)
      })
    }
  }
}

describe('a request body', () => {
  it('that is short is read whole before the origin is asked', async () => {
    const { origin, body, asked } = post(undefined, 6)
    body.write('one')
    await new Promise(setImmediate)
    expect(origin.asked.length).toBe(0)
    body.end('two')
    const { request } = await asked()
    expect(request.body).toEqual(Buffer.from('onetwo'))
    expect(request.bodyLength).toBe(6)
  })

  it('that is empty is none', async () => {
    const { body, asked } = post()
    body.end()
    expect((await asked()).request).toMatchObject({ body: undefined, bodyLength: undefined })
  })

  it.each([10_000, 100_000, 300_000])('of %d bytes is streamed and arrives whole', async (bytes) => {
    const { body, asked, response } = post(undefined, bytes + 3)
    const written = write(body, bytes).then(() => body.end('end'))
    const one = await asked()
    const text = await one.body()
    await written
    expect([text.length, text.slice(-3)]).toEqual([bytes + 3, 'end'])
    one.answer([], 'thanks')
    expect(response.body).toBe('thanks')
  })

  it('is not read faster than the origin takes it', async () => {
    const { body, asked } = post()
    let isWritten = false
    const written = write(body, 3_000_000).then(() => {
      isWritten = true
      body.end()
    })
    const one = await asked()
    for (let i = 0; i < 100; i++) await new Promise(setImmediate)
    expect(isWritten).toBe(false)
    expect(body.readableLength + body.writableLength).toBeLessThan(200_000)
    expect((await one.body()).length).toBe(3_000_000)
    await written
  })
})

describe('a request body of a target that cannot be reached', () => {
  const routes = ['* a:1 b:2 c:3']

  it('is sent again to the next one when it is short', async () => {
    const { body, asked } = post(routes, 4)
    body.end('body')
    for (let n = 0; n < 2; n++) {
      const one = await asked(n)
      expect(await one.body()).toBe('body')
      one.fail('ORIGIN_UNREACHABLE')
    }
    expect(await (await asked(2)).body()).toBe('body')
  })

  it('is sent again from its beginning while it is still coming', async () => {
    const { body, asked } = post(routes)
    body.write('1'.repeat(10_000))
    ;(await asked(0)).fail('ORIGIN_UNREACHABLE')
    body.write('2'.repeat(10_000))
    ;(await asked(1)).fail('ORIGIN_UNREACHABLE')
    const third = await asked(2)
    body.end('3')
    expect(await third.body()).toBe(`${'1'.repeat(10_000)}${'2'.repeat(10_000)}3`)
  })

  it('is sent again also when the first attempt had taken some of it', async () => {
    const { body, asked } = post(routes)
    body.write('1'.repeat(20_000))
    const first = await asked(0)
    for await (const _ of first.request.body as PassThrough) break
    first.fail('ORIGIN_UNREACHABLE')
    const second = await asked(1)
    body.end('2')
    expect(await second.body()).toBe(`${'1'.repeat(20_000)}2`)
  })

  it('is not sent again when more came than is kept', async () => {
    const { body, asked, origin, response } = post(routes)
    const written = write(body, 150_000).then(() => body.end())
    const first = await asked(0)
    expect((await first.body()).length).toBe(150_000)
    await written
    first.fail('ORIGIN_UNREACHABLE')
    expect(origin.asked.length).toBe(1)
    expect(response.sentHead?.status).toBe(502)
  })
})

describe('a client that sends its body', () => {
  it('and leaves before the origin is asked costs no request to it', async () => {
    const { body, response, origin, logged } = post()
    body.write('part')
    await new Promise(setImmediate)
    response.leave()
    body.destroy(new Error('aborted'))
    await new Promise(setImmediate)
    expect(origin.asked.length).toBe(0)
    expect(logged()).toContain(' error')
  })

  it('and leaves while it is streamed does not make the origin take it for whole', async () => {
    const { body, response, asked } = post()
    body.write(Buffer.alloc(20_000))
    const one = await asked()
    const read = one.body()
    response.leave()
    body.destroy(new Error('aborted'))
    await expect(read).rejects.toThrow('aborted')
    expect(one.isAborted).toBe(true)
  })

  it.each([
    ['an answer', []],
    ['a long poll', RESPONSE],
    ['a stream', STREAM],
  ])('and gets %s before its end can go on sending: the rest is dropped', async (_, headers) => {
    const { body, asked } = post()
    body.write(Buffer.alloc(20_000))
    const one = await asked()
    one.answer(headers, 'early')
    ;(one.request.body as PassThrough).destroy()
    await write(body, 3_000_000)
    body.end()
    await eventually('everything is read', () => body.readableLength === 0 && body.readableEnded)
  })

  it('of more than is kept cannot be held, and is told so', async () => {
    const { body, asked, response, holds } = post()
    const written = write(body, 100_001).then(() => body.end())
    const one = await asked()
    await one.body()
    await written
    one.answer(STREAM, 'x')
    expect([response.sentHead?.status, response.body]).toEqual([
      400,
      'Request too large to accept GRIP instruct.\n',
    ])
    expect(holds.hub.channelCount).toBe(0)
  })

  it('of exactly what is kept can be held', async () => {
    const { body, asked, response, holds } = post()
    const written = write(body, 100_000).then(() => body.end())
    const one = await asked()
    await one.body()
    await written
    one.answer(STREAM, 'x')
    holds.hub.deliver(streamItem('c', 'news'))
    expect(response.stream?.text).toBe('xnews')
  })
})
