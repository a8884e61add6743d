import fc from 'fast-check'
import { describe, it } from 'vitest'
import { takeCallback } from '../../src/proxy/sockJs/callback.ts'
import { closeFrame, LISTED_FRAMING, listedFrame, messageFrame } from '../../src/proxy/sockJs/frames.ts'
import { RECEIVE_TRANSPORTS } from '../../src/proxy/sockJs/receiveTransports.ts'
import { parseMessages, parseSentMessages } from '../../src/proxy/sockJs/sendRequest.ts'
import { parseSockJsPath } from '../../src/proxy/sockJs/sockJsPath.ts'

const anyText = fc.string({ unit: 'binary' })

describe('SockJS', () => {
  it('brings every text through a frame, alone or with others', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1 }), (texts) => {
        const parts = texts.map((text) => LISTED_FRAMING.frame('text', Buffer.from(text)))
        const frames = [listedFrame(parts), listedFrame([Buffer.concat(parts)])]
        const alone = texts.map((text) => messageFrame(Buffer.from(text)))
        return (
          frames.every((frame) => isArrayOf(frame, texts)) &&
          alone.every((frame, i) => isArrayOf(frame, [texts[i]!]))
        )
      }),
    )
  })

  it('makes frames of any bytes that stay in one line of every transport', () => {
    fc.assert(
      fc.property(fc.uint8Array(), anyText, (bytes, reason) => {
        const frames = [messageFrame(Buffer.from(bytes)), closeFrame(3000, reason)]
        return frames.every((frame) => {
          JSON.parse(frame.toString().slice(1))
          return [...RECEIVE_TRANSPORTS.values()].every((transport) => {
            const wire = transport.wrap(frame, 'cb').toString()
            const inside = wire.replace(/^<script>\n|\n<\/script>\r\n$/g, '').replace(/[\r\n]+$/, '')
            return !/[\r\n\u2028\u2029]/.test(inside)
          })
        })
      }),
    )
  })

  it('takes back what clients write, and nothing but arrays of strings', () => {
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        const body = Buffer.from(JSON.stringify(texts))
        return parseMessages(body)?.map(String).join('\0') === texts.join('\0')
      }),
    )
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json)
        const isTexts = Array.isArray(value) && value.every((element) => typeof element === 'string')
        return (parseMessages(Buffer.from(json)) !== undefined) === isTexts
      }),
    )
  })

  it('never fails over what a client sends', () => {
    const transport = fc.constantFrom('xhr_send', 'jsonp_send')
    const method = fc.constantFrom('GET', 'POST')
    fc.assert(
      fc.property(transport, method, anyText, fc.uint8Array(), (sent, verb, query, body) => {
        const request = { method: verb, target: `/x?${query}`, headers: [] }
        parseSentMessages(sent, request, Buffer.from(body))
        const { callback, fault } = takeCallback(request.target)
        parseSockJsPath(query)
        return fault !== undefined || callback === undefined || /^[\w.$-]+$/.test(callback)
      }),
    )
  })
})

function isArrayOf(frame: Buffer, texts: readonly string[]): boolean {
  const text = frame.toString()
  return text.startsWith('a') && JSON.stringify(JSON.parse(text.slice(1))) === JSON.stringify(texts)
}
