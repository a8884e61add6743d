import { describe, expect, it } from 'vitest'
import type { MessageFraming } from '../../../src/edges/socket.ts'
import {
  closeFrame,
  LISTED_FRAMING,
  listedFrame,
  messageFrame,
  sockJsFraming,
} from '../../../src/proxy/sockJs/frames.ts'

const listed = (text: string): Buffer => LISTED_FRAMING.frame('text', Buffer.from(text))

describe('SockJS frames', () => {
  it.each([
    [undefined, '', 'c[0,"Connection closed"]'],
    [undefined, 'unheard', 'c[0,"Connection closed"]'],
    [3000, 'Go away!', 'c[3000,"Go away!"]'],
    [1001, '', 'c[1001,"Connection closed"]'],
    [0, '"', 'c[1000,"\\""]'],
    [1006, 'x', 'c[1000,"x"]'],
  ])('tell a close with %s and %j', (code, reason, frame) => {
    expect(closeFrame(code, reason).toString()).toBe(frame)
  })

  it('hold one message', () => {
    expect(messageFrame(Buffer.from('a"b')).toString()).toBe('a["a\\"b"]')
  })

  it('hold all that waited', () => {
    expect(listedFrame([listed('a'), Buffer.concat([listed('b'), listed('ü')])]).toString()).toBe(
      'a["a","b","ü"]',
    )
  })

  it('have no room for pings and pongs', () => {
    const framing = sockJsFraming(LISTED_FRAMING)
    for (const type of ['ping', 'pong'] as const) {
      expect(LISTED_FRAMING.frame(type, Buffer.from('x'))).toHaveLength(0)
      expect(framing.frame(type, Buffer.from('x'))).toHaveLength(0)
    }
  })

  it('show binary messages as text, bytes that are none as U+FFFD', () => {
    expect(messageFrame(Buffer.from([0x61, 0xff])).toString()).toBe('a["a\\ufffd"]')
    expect(LISTED_FRAMING.frame('binary', Buffer.from([0x61, 0xff])).toString()).toBe('"a\\ufffd",')
  })

  // SockJS 0.3.3: JSON Unicode Encoding, escapable_by_server.
  it('escape what browsers change', () => {
    const units = [0, 0x1f, 0x200c, 0x200f, 0x2028, 0x202f, 0x2060, 0x206f, 0xfff0, 0xffff]
    const frame = messageFrame(Buffer.from(String.fromCharCode(...units))).toString()
    expect(frame).toMatch(/^a\["[ -~]+"\]$/)
    const [message] = JSON.parse(frame.slice(1)) as string[]
    expect([...message!].map((unit) => unit.charCodeAt(0))).toEqual(units)
  })

  it('have one framing for all WebSockets that are alike', () => {
    const inner: MessageFraming = {
      name: 'inner',
      frame: (type, content) => Buffer.from(`${type}:${content}`),
    }
    expect(sockJsFraming(inner)).toBe(sockJsFraming(inner))
    expect(sockJsFraming(inner).frame('binary', Buffer.from('x')).toString()).toBe('text:a["x"]')
  })
})
