import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../../src/errors.ts'
import type { WebSocketEventType } from '../../../src/grip/webSocketEvents.ts'
import { Outbox } from '../../../src/proxy/overHttp/outbox.ts'

const EVENT_BYTES = 16

function outboxOf(
  events: readonly (readonly [WebSocketEventType, string])[],
  more: { maxRequestBytes?: number; oneEvent?: boolean } = {},
): Outbox {
  const outbox = new Outbox({ maxRequestBytes: 200_000, oneEvent: false, ...more })
  for (const [type, content] of events) outbox.add({ type, content: Buffer.from(content) })
  return outbox
}

/** Offers what waits, has the origin accept so many bytes of it, and says what was offered. */
function round(outbox: Outbox, accepted?: number): string {
  const offer = outbox.offer()
  outbox.accept(offer, accepted)
  return `${offer.replayedBytes}: ${String(offer.body).replaceAll('\r\n', ' ').trimEnd()}`
}

describe('what an origin has not accepted', () => {
  it('is nothing after an answer that says nothing of it', () => {
    const outbox = outboxOf([
      ['TEXT', 'hello'],
      ['PING', ''],
    ])
    expect(round(outbox)).toBe('0: TEXT 5 hello PING')
    expect([outbox.isEmpty, outbox.hasNew, outbox.bytes]).toEqual([true, false, 0])
  })

  it('is offered again before what is new, and said to be', () => {
    const outbox = outboxOf([['BINARY', '[foo][hello']])
    expect(round(outbox, 5)).toBe('0: BINARY b [foo][hello')
    expect([outbox.hasNew, outbox.bytes]).toEqual([false, 6 + EVENT_BYTES])
    outbox.add({ type: 'BINARY', content: Buffer.from(' world]') })
    expect(outbox.hasNew).toBe(true)
    expect(round(outbox, 13)).toBe('6: BINARY 6 [hello BINARY 7  world]')
    expect([outbox.isEmpty, outbox.bytes]).toEqual([true, 0])
  })

  it('keeps its place however little is accepted each time', () => {
    const outbox = outboxOf([
      ['TEXT', 'abc'],
      ['PING', ''],
      ['TEXT', 'de'],
    ])
    expect(round(outbox, 0)).toBe('0: TEXT 3 abc PING TEXT 2 de')
    expect(round(outbox, 2)).toBe('5: TEXT 3 abc PING TEXT 2 de')
    expect(round(outbox, 1)).toBe('3: TEXT 1 c PING TEXT 2 de')
    expect(round(outbox, 1)).toBe('2: TEXT 2 de')
    expect(round(outbox, 1)).toBe('1: TEXT 1 e')
    expect(outbox.isEmpty).toBe(true)
  })

  it('does not include empty messages that come to the front, but only those that were offered', () => {
    const outbox = outboxOf([['TEXT', '']])
    const offer = outbox.offer()
    outbox.add({ type: 'PONG', content: Buffer.alloc(0) })
    outbox.accept(offer, 0)
    expect(round(outbox)).toBe('0: PONG')
  })

  it('includes a CLOSE where something before it is held back', () => {
    const outbox = outboxOf([
      ['TEXT', 'ab'],
      ['CLOSE', '12'],
    ])
    expect(round(outbox, 1)).toBe('0: TEXT 2 ab CLOSE 2 12')
    expect(round(outbox, 3)).toBe('3: TEXT 1 b CLOSE 2 12')
    expect(outbox.isEmpty).toBe(true)
  })
})

describe('a request', () => {
  it('takes no more events when it has 200,000 bytes', () => {
    const outbox = outboxOf([
      ['TEXT', 'a'.repeat(199_999)],
      ['TEXT', 'bc'],
      ['TEXT', 'd'],
    ])
    expect(outbox.offer()).toMatchObject({ contentBytes: 200_001, eventCount: 2, isWhole: false })
  })

  it('takes one event where the target wants it so, empty ones and CLOSE included', () => {
    const events = [
      ['PING', ''],
      ['TEXT', 'a'],
      ['CLOSE', ''],
    ] as const
    const outbox = outboxOf(events, { oneEvent: true })
    expect([round(outbox), round(outbox), round(outbox)]).toEqual(['0: PING', '0: TEXT 1 a', '0: CLOSE'])
  })
})

describe('an origin', () => {
  const refused = (outbox: Outbox, accepted: number): string => {
    try {
      round(outbox, accepted)
      return 'taken'
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      return `${error.code} ${error.message}`
    }
  }

  it('cannot accept more than it was sent', () => {
    expect(refused(outboxOf([['TEXT', 'abc']]), 4)).toBe(
      'ORIGIN_BROKEN the origin accepted 4 bytes of the 3 that it was sent (Content-Bytes-Accepted)',
    )
  })

  it('must accept something where more waits than could be sent', () => {
    const two = [
      ['TEXT', 'abc'],
      ['TEXT', 'd'],
    ] as const
    expect(refused(outboxOf(two, { oneEvent: true }), 0)).toContain('accepted nothing of a request')
    expect(refused(outboxOf(two, { oneEvent: true }), 1)).toBe('taken')
    expect(refused(outboxOf(two), 0)).toBe('taken')
  })

  it('need not accept anything of an empty request', () => {
    expect(refused(outboxOf([]), 0)).toBe('taken')
  })

  it('must accept a CLOSE with all that comes before it', () => {
    const events = [
      ['TEXT', 'abc'],
      ['CLOSE', '12'],
    ] as const
    expect(refused(outboxOf(events), 3)).toContain('accepted all messages and not the CLOSE')
    expect(refused(outboxOf(events), 4)).toContain('accepted all messages and not the CLOSE')
  })
})
