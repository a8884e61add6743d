import { describe, expect, it } from 'vitest'
import { encodePacket } from '../../src/observe/zmqStats/encodePacket.ts'

/** Samples of Pushpin 1.36. */
describe('a packet of statistics', () => {
  it.each([
    [
      'activity',
      { from: 'pushpin-handler_17851', route: 'myroute', count: 1 },
      'activity T62:4:from,21:pushpin-handler_17851,5:route,7:myroute,5:count,1:1#}',
    ],
    [
      'conn',
      { from: 'pushpin-handler_17851', id: 'condure:1-0-0', unavailable: true },
      'conn T76:4:from,21:pushpin-handler_17851,2:id,13:condure:1-0-0,11:unavailable,4:true!}',
    ],
    [
      'sub',
      { from: 'pushpin-handler_17851', mode: 'stream', subscribers: 1, ttl: 60, channel: 'st' },
      'sub T93:4:from,21:pushpin-handler_17851,4:mode,6:stream,11:subscribers,1:1#3:ttl,2:60#7:channel,2:st,}',
    ],
  ] as const)('%s is a tnetstring as Pushpin writes it', (type, fields, bytes) => {
    expect(encodePacket(type, fields, 'tnetstring').toString()).toBe(bytes)
  })

  it('is JSON with the names in alphabetical order', () => {
    const fields = {
      from: 'pushpin-handler_31436',
      type: 'http',
      id: 'condure:0-0-0',
      route: 'myroute',
      ttl: 120,
      'peer-address': '127.0.0.1',
      ssl: undefined,
    }
    expect(encodePacket('conn', fields, 'json').toString()).toBe(
      'conn J{"from":"pushpin-handler_31436","id":"condure:0-0-0","peer-address":"127.0.0.1","route":"myroute","ttl":120,"type":"http"}',
    )
  })

  it('leaves out what is not said, and counts bytes and not characters', () => {
    expect(encodePacket('sub', { channel: 'ü', mode: undefined }, 'tnetstring').toString()).toBe(
      'sub T15:7:channel,2:ü,}',
    )
  })
})
