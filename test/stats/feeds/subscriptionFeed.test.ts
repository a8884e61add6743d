import { describe, expect, it } from 'vitest'
import { SubscriptionFeed } from '../../../src/stats/feeds/subscriptionFeed.ts'

function createFeed({ ttlSeconds = 60, lingerMs = 10_000 } = {}) {
  const sent: string[] = []
  const feed = new SubscriptionFeed({
    ttlSeconds,
    lingerMs,
    send: (type, { channel, mode, subscribers, unavailable }) =>
      sent.push(`${type} ${mode} ${channel} ${unavailable === true ? 'gone' : subscribers}`),
  })
  let nowMs = 0
  return {
    hold: (kind: 'response' | 'stream' | 'socket', count: number, channel = 'c') =>
      feed.update(channel, { kind, count }, nowMs),
    /** Lets seconds pass. */
    pass: (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        nowMs += 1000
        feed.tick(nowMs)
      }
    },
    /** What was sent since this was asked last. */
    sent: () => sent.splice(0),
  }
}

describe('the feed of subscriptions', () => {
  it('tells of the first at once, and of further ones at the next tick, once', () => {
    const { hold, pass, sent } = createFeed()
    hold('stream', 1)
    expect(sent()).toEqual(['sub stream c 1'])
    hold('stream', 2)
    hold('stream', 3)
    expect(sent()).toEqual([])
    pass(1)
    expect(sent()).toContain('sub stream c 3')
  })

  it('tells of each mode by itself', () => {
    const { hold, sent } = createFeed()
    hold('stream', 1)
    hold('socket', 1)
    hold('stream', 0)
    expect(sent()).toEqual(['sub stream c 1', 'sub ws c 1', 'sub stream c gone'])
  })

  it('tells at once that the last stream or WebSocket has left', () => {
    const { hold, pass, sent } = createFeed()
    hold('socket', 1)
    hold('socket', 0)
    expect(sent()).toEqual(['sub ws c 1', 'sub ws c gone'])
    pass(200)
    expect(sent()).toEqual([])
  })

  it('lets long polls linger, and forgets that when another comes', () => {
    const { hold, pass, sent } = createFeed({ ttlSeconds: 600 })
    hold('response', 1)
    pass(1)
    sent()
    hold('response', 0)
    pass(9)
    expect(sent()).toEqual([])
    hold('response', 1)
    expect(sent()).toEqual(['sub response c 1'])
    pass(100)
    hold('response', 0)
    pass(9)
    expect(sent()).toEqual([])
    pass(1)
    expect(sent()).toEqual(['sub response c gone'])
  })

  it('does not let them linger when nothing lingers', () => {
    const { hold, sent } = createFeed({ lingerMs: 0 })
    hold('response', 1)
    hold('response', 0)
    expect(sent()).toEqual(['sub response c 1', 'sub response c gone'])
  })

  it.each([1, 2, 4, 60])(
    'sends each again within a lifetime of %d s, as often as that takes',
    (ttlSeconds) => {
      const { hold, pass, sent } = createFeed({ ttlSeconds })
      const channels = Array.from({ length: 100 }, (_, i) => `c${i}`)
      for (const channel of channels) hold('stream', 1, channel)
      sent()
      const rounds = 4
      pass(rounds * ttlSeconds)
      const times = new Map<string, number>()
      for (const line of sent()) times.set(line, (times.get(line) ?? 0) + 1)
      expect(times.size).toBe(100)
      expect(Math.min(...times.values())).toBeGreaterThanOrEqual(rounds)
      expect(Math.max(...times.values())).toBeLessThanOrEqual(2 * rounds)
    },
  )

  it('sends a lone one no more often than that takes', () => {
    const { hold, pass, sent } = createFeed({ ttlSeconds: 60 })
    hold('stream', 1)
    sent()
    pass(44)
    expect(sent()).toEqual([])
    pass(1)
    expect(sent()).toEqual(['sub stream c 1'])
    pass(450)
    expect(sent()).toHaveLength(10)
  })

  it('spreads that over the seconds', () => {
    const { hold, pass, sent } = createFeed({ ttlSeconds: 40 })
    for (let i = 0; i < 300; i++) hold('stream', 1, `c${i}`)
    sent()
    for (let second = 0; second < 60; second++) {
      pass(1)
      expect(sent().length).toBeLessThanOrEqual(10)
    }
  })

  it('says nothing of a mode that nobody held', () => {
    const { hold, pass, sent } = createFeed()
    hold('stream', 0)
    pass(100)
    expect(sent()).toEqual([])
  })
})
