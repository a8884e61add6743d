import { describe, expect, it } from 'vitest'
import { streamItem } from '../support/items.ts'
import { createTestProxy } from './support.ts'

const STREAM = ['Grip-Hold', 'stream', 'Grip-Channel', 'c']
const KEPT = 'x'.repeat(100_000)

/** A stream whose initial body has just become larger than what is kept. */
function begin() {
  const proxy = createTestProxy()
  const response = proxy.send()
  const asked = proxy.origin.asked[0]!
  asked.head(STREAM)
  expect(asked.data(KEPT)).toBe(true)
  expect(response.started).toBe(false)
  const goesOn = asked.data('y')
  return { ...proxy, response, asked, goesOn, stream: response.stream! }
}

describe('an initial body larger than what is kept', () => {
  it('is sent as it comes, and the hold begins with its end', () => {
    const { response, stream, asked, holds, goesOn } = begin()
    expect([response.state, stream.text.length, goesOn]).toEqual(['held', 100_001, true])
    holds.hub.deliver(streamItem('c', 'too early'))
    asked.data('z')
    asked.sink.onEnd()
    holds.hub.deliver(streamItem('c', '|news'))
    holds.clock.settle()
    expect(stream.text.slice(100_000)).toBe('yz|news')
  })

  it('comes at the pace of its client', () => {
    const { stream, asked } = begin()
    stream.bytesQueued = 100_000
    expect(asked.data('z')).toBe(false)
    expect(asked.resumes).toBe(0)
    stream.drain()
    expect(asked.resumes).toBe(1)
    expect(asked.data('z')).toBe(true)
  })

  it('that breaks off is seen as broken', () => {
    const { stream, asked, holds, logged } = begin()
    asked.fail('ORIGIN_BROKEN')
    expect(stream.ending).toBe('destroy')
    stream.leave()
    expect([holds.hub.channelCount, holds.holds.size]).toEqual([0, 0])
    expect(logged()).toBe('info GET http://client.test/path -> a:1 error')
  })

  it('whose client leaves ends the request to the origin', () => {
    const { stream, asked, holds } = begin()
    stream.leave()
    expect(asked.isAborted).toBe(true)
    asked.sink.onEnd()
    expect([holds.hub.channelCount, holds.holds.size]).toEqual([0, 0])
  })

  it('that is complete when the server stops ends with the stop', () => {
    const { stream, asked, holds } = begin()
    holds.isDraining = true
    asked.sink.onEnd()
    expect(stream.ending).toBe('end')
    expect(holds.holds.size).toBe(0)
  })
})

describe('instructions larger than what is kept', () => {
  it.each([
    ['a long poll', ['Grip-Hold', 'response', 'Grip-Channel', 'c']],
    ['a plain answer', ['Grip-Status', '200']],
    ['JSON instructions', ['Content-Type', 'application/grip-instruct']],
  ])('of %s are refused, once', (_, headers) => {
    const { origin, send, holds } = createTestProxy({ options: { debug: true } })
    const response = send()
    const asked = origin.asked[0]!
    asked.head(headers)
    asked.data(KEPT)
    asked.data('y')
    expect([response.sentHead?.status, response.body]).toEqual([
      502,
      'GRIP instruct response too large from a:1\n',
    ])
    expect(asked.isAborted).toBe(true)
    expect(holds.hub.channelCount).toBe(0)
  })

  it('that are wrong are an error', () => {
    const { origin, send } = createTestProxy({ options: { debug: true } })
    const response = send()
    origin.asked[0]!.head(['Grip-Hold', 'forever'])
    origin.asked[0]!.data(`${KEPT}y`)
    expect(response.body).toMatch(/^Failed to parse accept instructions/)
  })
})
