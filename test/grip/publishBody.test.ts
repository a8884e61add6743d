import { describe, expect, it } from 'vitest'
import { parsePublishBody, parsePublishItem, parsePublishJson } from '../../src/grip/publishItem.ts'
import { faultOf } from './support.ts'

const parse = (text: string) => parsePublishJson(Buffer.from(text))
const kick = { channel: 'c', action: 'close' }

describe('the body of a publish request', () => {
  it('holds items in order', () => {
    const items = [kick, { channel: 'd', 'http-stream': { content: 'ü' } }]
    expect(parse(JSON.stringify({ items, other: 1 }))).toEqual(items.map((item) => parsePublishItem(item)))
    expect(parsePublishBody({ items })).toEqual(items.map((item) => parsePublishItem(item)))
  })

  it('can hold none', () => expect(parse('{"items": []}')).toEqual([]))

  it('can begin with a byte order mark', () => expect(parse('\ufeff{"items": []}')).toEqual([]))

  it.each([
    ['', 'Body is not valid JSON.'],
    ['{"items": [}', 'Body is not valid JSON.'],
    ['1', 'Body is not valid JSON.'],
    ['null', 'Body is not valid JSON.'],
    ['"items"', 'Body is not valid JSON.'],
    ['[]', 'Invalid format.'],
    ['{}', "Invalid format: object does not contain 'items'"],
    ['{"items": {}}', "Invalid format: object contains 'items' with wrong type"],
    ['{"items": null}', "Invalid format: object contains 'items' with wrong type"],
  ])('cannot be %j', (text, message) => {
    expect(faultOf(() => parse(text))).toBe(`CONTROL_BODY_INVALID: ${message}`)
  })

  it('cannot be in another encoding than UTF-8', () => {
    const bytes = Buffer.from('{"items": ["\xe9"]}', 'latin1')
    expect(faultOf(() => parsePublishJson(bytes))).toBe('CONTROL_BODY_INVALID: Body is not valid JSON.')
  })

  it('is refused as a whole for one bad item', () => {
    expect(faultOf(() => parsePublishBody({ items: [kick, { channel: 'c' }] }))).toBe(
      'ITEM_INVALID: no formats specified',
    )
  })
})
