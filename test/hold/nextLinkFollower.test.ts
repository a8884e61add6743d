import { describe, expect, it } from 'vitest'
import type { Instruct, NextLink } from '../../src/grip/instruct.ts'
import type { LastId } from '../../src/hold/lastId.ts'
import type { LinkSink, LinkSource } from '../../src/hold/linkSource.ts'
import { type LinkedStream, NextLinkFollower } from '../../src/hold/nextLinkFollower.ts'
import { createTestEnvironment, instructOf } from './support.ts'

const NEXT: NextLink = { url: '/next', timeoutSeconds: 60 }
const held = instructOf({ holdMode: 'stream', nextLink: NEXT })
const page = (url: string): Instruct =>
  instructOf({ holdMode: 'none', nextLink: { url, timeoutSeconds: 60 } })

/** A follower whose stream and origin are played by the test. */
function begin() {
  const environment = createTestEnvironment()
  const events: string[] = []
  const sinks: LinkSink[] = []
  const state = { wasActive: false, lastId: '1' }
  const stream: LinkedStream = {
    beginAnswer: (): LastId[] => {
      events.push('begin')
      return [{ channel: 'a', id: state.lastId }]
    },
    releaseItems: () => events.push('release'),
    takeWasActive: () => state.wasActive,
    append: (bytes) => {
      events.push(bytes.toString())
      return true
    },
    adopt: () => events.push('adopt'),
    finish: (fault) => events.push(fault === undefined ? 'finish' : `finish: ${fault}`),
  }
  const source: LinkSource = {
    lane: 'route',
    prefix: '',
    fetch: (url, lastIds, sink) => {
      events.push(`fetch ${url} ${lastIds.map(({ id }) => id)}`)
      sinks.push(sink)
      return { resume: () => events.push('resume'), abort: () => events.push('abort') }
    },
    tellGone: () => events.push('gone'),
  }
  const follower = new NextLinkFollower(environment, stream, { next: NEXT, source })
  const answer = (instruct: Instruct, body = '') => {
    const sink = sinks.at(-1)!
    sink.onInstruct(instruct)
    if (body !== '') sink.onData(Buffer.from(body))
    sink.onEnd()
  }
  const takeEvents = () => events.splice(0).join(', ')
  return { environment, follower, answer, state, sink: () => sinks.at(-1)!, takeEvents }
}

const urgent = { isUrgent: true }
const patient = { isUrgent: false }

describe('the next link of a stream', () => {
  it('is fetched when its timeout is over, and again after each answer', () => {
    const { environment, follower, answer, takeEvents } = begin()
    follower.poll()
    environment.pass(59_000)
    expect(takeEvents()).toBe('')
    environment.pass(2000)
    expect(takeEvents()).toBe('begin, fetch /next 1')
    answer(held, 'body')
    expect(takeEvents()).toBe('body, adopt')
    environment.pass(61_000)
    expect(takeEvents()).toBe('begin, fetch /next 1')
  })

  it('is not fetched when every channel has brought something meanwhile', () => {
    const { environment, follower, state, takeEvents } = begin()
    state.wasActive = true
    follower.poll()
    environment.pass(61_000)
    expect(takeEvents()).toBe('')
    state.wasActive = false
    environment.pass(61_000)
    expect(takeEvents()).toBe('begin, fetch /next 1')
  })

  it('leads from page to page at once, each asked for what the client had before the first', () => {
    const { follower, answer, state, takeEvents } = begin()
    follower.follow(urgent)
    answer(page('/second'), 'one')
    state.lastId = '9'
    expect(takeEvents()).toBe('begin, fetch /next 1, one, fetch /second 1')
    expect(follower.isFetching).toBe(true)
    answer(held, 'two')
    expect(takeEvents()).toBe('two, adopt')
    expect(follower.isFetching).toBe(false)
  })

  it('ends the stream when an answer has neither hold nor link', () => {
    const { follower, answer, takeEvents } = begin()
    follower.follow(urgent)
    answer(instructOf({ holdMode: 'none' }), 'bye')
    expect(takeEvents()).toBe('begin, fetch /next 1, bye, finish')
  })

  it('is fetched once more when there was reason to while an answer was appended', () => {
    const { environment, follower, answer, takeEvents } = begin()
    follower.follow(urgent)
    follower.follow(patient)
    answer(held)
    expect(takeEvents()).toBe('begin, fetch /next 1, adopt')
    environment.pass(200)
    expect(takeEvents()).toBe('begin, fetch /next 1')
  })
})

describe('a next link that fails', () => {
  it('is tried again after 1, 2, 4, 8 and 16 seconds and a bit, then the stream ends', () => {
    const { environment, follower, sink, takeEvents } = begin()
    follower.follow(urgent)
    for (const seconds of [1, 2, 4, 8, 16]) {
      sink().onFailed('status 503')
      expect(takeEvents()).toBe('begin, fetch /next 1, release')
      environment.pass(seconds * 1000 - 100)
      expect(takeEvents()).toBe('')
      environment.pass(1300)
    }
    sink().onFailed('status 503')
    expect(takeEvents()).toBe('begin, fetch /next 1, finish: Failed to retrieve next link.')
  })

  it('is not tried again when a part of its answer was appended', () => {
    const { follower, sink, takeEvents } = begin()
    follower.follow(urgent)
    sink().onInstruct(held)
    sink().onData(Buffer.from('half'))
    sink().onFailed('broke off')
    expect(takeEvents()).toBe('begin, fetch /next 1, half, finish: Failed to retrieve next link.')
  })

  it('after a page keeps items waiting until the page is there', () => {
    const { environment, follower, answer, sink, takeEvents } = begin()
    follower.follow(urgent)
    answer(page('/second'), 'one')
    sink().onFailed('status 503')
    expect([takeEvents(), follower.isFetching]).toEqual(['begin, fetch /next 1, one, fetch /second 1', true])
    environment.pass(2200)
    answer(held, 'two')
    expect(takeEvents()).toBe('fetch /second 1, two, adopt')
  })

  it('counts its failures anew after a success', () => {
    const { environment, follower, answer, sink, takeEvents } = begin()
    follower.follow(urgent)
    for (let i = 0; i < 8; i++) {
      sink().onFailed('status 503')
      environment.pass(2200)
      answer(held)
      follower.follow(urgent)
    }
    expect(takeEvents()).not.toContain('finish')
  })

  it('with instructions that cannot be followed ends the stream', () => {
    const { follower, sink, takeEvents } = begin()
    follower.follow(urgent)
    sink().onInvalid('Next link returned non-stream hold.')
    expect(takeEvents()).toBe('begin, fetch /next 1, finish: Next link returned non-stream hold.')
  })
})

describe('a stream that ends', () => {
  it.each(['idle', 'waiting', 'fetching', 'pausing'])('fetches nothing more: %s', (state) => {
    const { environment, follower, sink, takeEvents } = begin()
    if (state === 'idle') follower.poll()
    else follower.follow(state === 'waiting' ? patient : urgent)
    if (state === 'pausing') sink().onFailed('status 503')
    takeEvents()
    follower.stop()
    follower.stop()
    environment.pass(200_000)
    expect(takeEvents()).toBe(state === 'fetching' ? 'abort' : '')
  })
})
