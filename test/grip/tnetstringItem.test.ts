import { describe, expect, it } from 'vitest'
import { parsePublishItem } from '../../src/grip/publishItem.ts'
import { encodeTnetstring, parseTnetstring, type TnetInput } from '../../src/util/tnetstring.ts'

const parse = (item: TnetInput, channel?: string) =>
  parsePublishItem(parseTnetstring(encodeTnetstring(item)), { encoding: 'tnetstring', channel })
const format = (name: string, fields: TnetInput) => parse({ channel: 'c', formats: { [name]: fields } })
const faultOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('no fault')
}

describe('an item as a tnetstring', () => {
  it('has text where the bytes are text', () => {
    const item = parse({
      channel: 'é',
      id: 'a',
      'prev-id': 'b',
      meta: { k: 'v' },
      'http-stream': { content: 'x' },
    })
    expect(item).toMatchObject({ channel: 'é', id: 'a', prevId: 'b', meta: { k: 'v' } })
  })

  it('has content that is the bytes', () => {
    const content = Buffer.from([0, 255, 10])
    expect(format('http-stream', { content }).httpStream).toMatchObject({ content })
    expect(format('http-response', { body: content }).httpResponse).toMatchObject({
      body: { bytes: content },
    })
    expect(format('ws-message', { content }).webSocketMessage).toMatchObject({ content, type: 'text' })
  })

  it('does not keep the message alive for its content', () => {
    // Larger than what Node puts into a pool, which two Buffers of one size may share; Node 24 has a pool of 64 KiB.
    const message = encodeTnetstring({ channel: 'c', 'http-stream': { content: 'x'.repeat(100_000) } })
    const { httpStream } = parsePublishItem(parseTnetstring(message), { encoding: 'tnetstring' })
    expect(httpStream?.action === 'send' && httpStream.content.buffer).not.toBe(message.buffer)
  })

  it('has a code, headers, filters and a patch like one in JSON', () => {
    const patch = [{ op: 'replace', path: '/a', value: { b: ['c', 1, null] } }]
    const fields = {
      code: 404,
      reason: 'No',
      headers: { X: 'é' },
      'content-filters': ['f'],
      'body-patch': patch,
    }
    expect(format('http-response', fields).httpResponse).toEqual({
      action: 'send',
      code: 404,
      reason: 'No',
      headers: ['X', '\xc3\xa9'],
      body: { patch },
      contentFilters: ['f'],
    })
    expect(format('http-response', { code: '404', body: '' }).httpResponse).toMatchObject({ code: 404 })
    const listed = format('http-response', { headers: [['A', '1'], ['A', '2']], body: '' }) // biome-ignore format: pairs
    expect(listed.httpResponse).toMatchObject({ headers: ['A', '1', 'A', '2'] })
  })

  it('has bytes in content-bin for WebSockets, and no other binary fields', () => {
    const content = Buffer.from([1, 200])
    expect(format('ws-message', { 'content-bin': content }).webSocketMessage).toMatchObject({
      content,
      type: 'binary',
    })
    const plain = format('http-stream', { content: 'x', 'content-bin': 'eHg=' })
    expect(plain.httpStream).toMatchObject({ content: Buffer.from('x') })
    const body = format('http-response', { body: 'x', 'body-bin': 'eHg=' })
    expect(body.httpResponse).toMatchObject({ body: { bytes: Buffer.from('x') } })
  })

  it.each<[string, TnetInput, string]>([
    ['http-response', {}, "'http-response' does not contain 'body' or 'body-patch'"],
    ['http-response', { 'body-bin': 'eA==' }, "'http-response' does not contain 'body' or 'body-patch'"],
    ['http-response', { body: 1 }, "'http-response' contains 'body' with wrong type"],
    ['http-response', { body: '', headers: { X: 1 } }, "headers contains 'X' with wrong type"],
    ['http-response', { body: '', headers: [['X', 1]] }, 'header contains value element with wrong type'],
    [
      'http-response',
      { body: '', 'content-filters': [1] },
      'content-filters contains element with wrong type',
    ],
    ['http-stream', {}, "'http-stream' does not contain 'content'"],
    ['http-stream', { 'content-bin': 'eA==' }, "'http-stream' does not contain 'content'"],
    ['ws-message', {}, "'ws-message' does not contain 'content' or 'content-bin'"],
    ['ws-message', { content: 'x', type: 'other' }, "'ws-message' contains 'type' with unknown value"],
    ['ws-message', 'x', "'ws-message' is not an object"],
  ])('with %s %j is refused', (name, fields, text) => {
    expect(faultOf(() => format(name, fields))).toBe(text)
  })

  it.each<[TnetInput, string]>([
    ['x', 'publish item object is not an object'],
    [[], 'publish item object is not an object'],
    [null, 'publish item object is not an object'],
    [{}, "publish item object does not contain 'channel'"],
    [{ channel: 1 }, "publish item object contains 'channel' with wrong type"],
    [{ channel: 'c' }, 'no formats specified'],
    [{ channel: 'c', formats: 'x' }, "publish item object contains 'formats' with wrong type"],
    [{ channel: 'c', meta: { k: 1 } }, 'no formats specified'],
    [{ channel: 'c', 'http-stream': { content: '' }, meta: { k: 1 } }, "'meta' contains 'k' with wrong type"],
    [
      { channel: 'c', 'http-stream': { content: '' }, 'no-seq': 'true' },
      "publish item object contains 'no-seq' with wrong type",
    ],
  ])('%j is refused', (item, text) => {
    expect(faultOf(() => parse(item))).toBe(text)
  })
})

describe('a channel beside an item', () => {
  const format = { 'http-stream': { content: 'x' } }

  it('wins over its own', () => {
    expect(parse({ channel: 'own', ...format }, 'beside').channel).toBe('beside')
    expect(parse(format, 'beside').channel).toBe('beside')
  })

  it('that is empty leaves the item its own', () => {
    expect(parse({ channel: 'own', ...format }, '').channel).toBe('own')
    expect(faultOf(() => parse(format, ''))).toBe("publish item object does not contain 'channel'")
  })
})
