import { describe, expect, it } from 'vitest'
import { filtered } from './support.ts'

describe('skip-self', () => {
  const by = (user: string | undefined, sender: string | undefined) =>
    filtered(['skip-self'], {
      subscriptionMeta: user === undefined ? undefined : { user },
      itemMeta: sender === undefined ? undefined : { sender },
    })

  it('keeps an item from its sender', () => {
    expect(by('ann', 'ann')).toBe('drop')
  })

  it('delivers to others, and where user or sender is not known', () => {
    expect(by('ann', 'bob')).toBe('hello')
    expect(by('ann', 'Ann')).toBe('hello')
    expect(by('ann', undefined)).toBe('hello')
    expect(by(undefined, 'ann')).toBe('hello')
    expect(by('', '')).toBe('hello')
  })
})

describe('skip-users', () => {
  const to = (user: string, users: string) =>
    filtered(['skip-users'], { subscriptionMeta: { user }, itemMeta: { skip_users: users } })

  it('keeps an item from the users that it names, blanks aside', () => {
    for (const users of ['ann', 'bob,ann', ' bob , ann ', ',,ann']) expect(to('ann', users)).toBe('drop')
  })

  it('delivers to others, and to holds without a user', () => {
    expect(to('ann', 'anna, bob')).toBe('hello')
    expect(to('', 'ann,,')).toBe('hello')
    expect(filtered(['skip-users'], { itemMeta: { skip_users: 'ann' } })).toBe('hello')
    expect(filtered(['skip-users'], { subscriptionMeta: { user: 'ann' } })).toBe('hello')
  })
})

describe('require-sub', () => {
  const requiring = (channel: string) => filtered(['require-sub'], { itemMeta: { require_sub: channel } })

  it('delivers to holds that have the channel too, tracked or not', () => {
    expect(requiring('news')).toBe('hello')
    expect(requiring('chat')).toBe('hello')
    expect(requiring('')).toBe('hello')
    expect(filtered(['require-sub'])).toBe('hello')
  })

  it('drops for others', () => {
    expect(requiring('sport')).toBe('drop')
  })
})

describe('meta', () => {
  it('has only the names that were given', () => {
    expect(filtered(['var-subst'], { subscriptionMeta: {}, text: '%(toString)s' })).toBe(
      "error: var-subst: No such variable 'toString' at position 11",
    )
  })
})
