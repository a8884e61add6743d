import { describe, expect, it } from 'vitest'
import { natsServers, streamName, subjectPrefix } from '../../src/config/natsTypes.ts'
import { plainValue, type RawValue } from '../../src/config/rawValue.ts'

const context = { directory: '/', readFile: () => '' }
const list = (...items: string[]): RawValue => ({ text: items.join(','), items })

describe('addresses of NATS servers', () => {
  it.each(['nats://a:4222', 'tls://nats.example:4222', 'nats://[::1]:4222'])('may be %s', (address) => {
    expect(natsServers.parse(list(address), context)).toEqual([address])
  })

  it.each(['a:4222', 'nats://a', 'nats://a:99999', 'http://a:4222', 'nats://a:1/x'])(
    'may not be %s',
    (address) => {
      expect(() => natsServers.parse(list(address), context)).toThrow(`found "${address}"`)
    },
  )

  it('may have no password in them, and it is not shown', () => {
    expect(() => natsServers.parse(list('nats://me:secret@a:4222'), context)).toThrow(
      'found "nats://...@a:4222"',
    )
  })
})

it.each(['a..b', '.a', 'a b', 'a.*', '>'])('a subject cannot begin with %j', (prefix) => {
  expect(() => subjectPrefix.parse(plainValue(prefix), context)).toThrow('expected words')
})

it('a stream is named by one word', () => {
  expect(streamName.parse(plainValue('ITEMS'), context)).toBe('ITEMS')
  expect(streamName.parse(plainValue(''), context)).toBeUndefined()
  expect(() => streamName.parse(plainValue('a.b'), context)).toThrow('expected word')
})
