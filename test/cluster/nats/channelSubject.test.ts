import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelSubject } from '../../../src/cluster/nats/channelSubject.ts'

describe('the subject of a channel', () => {
  it.each([
    ['chat-1', 'p.channel.chat-1'],
    ['a.b', 'p.channel.a%2Eb'],
    ['*', 'p.channel.%2A'],
    ['>', 'p.channel.%3E'],
    ['~', 'p.channel.%7E'],
    [' \t\r\n', 'p.channel.%20%09%0D%0A'],
    ['é', 'p.channel.%C3%A9'],
    ['\ud800', 'p.channel.%EF%BF%BD'],
    ['', 'p.channel.~47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
  ])('of %j is %s', (channel, subject) => {
    expect(channelSubject('p', channel)).toBe(subject)
  })

  it('is legal, short, and no other channel has it', () => {
    const name = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 120 }))
    fc.assert(
      fc.property(name, name, (one, other) => {
        const subject = channelSubject('p', one)
        expect(subject).toMatch(/^p\.channel\.[^\s.*>]{1,256}$/)
        expect(subject === channelSubject('p', other)).toBe(one === other)
      }),
    )
  })
})
