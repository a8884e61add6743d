import { describe, expect, it } from 'vitest'
import { faultOf, instruct } from '../support.ts'

const keepAlive = (...values: string[]) =>
  instruct(['Grip-Hold', 'stream', ...values.flatMap((value) => ['Grip-Keep-Alive', value])]).keepAlive

const text = (value: string) => keepAlive(value)?.data.toString('latin1')

describe('Grip-Keep-Alive', () => {
  it('is idle with 55 seconds by default', () => {
    expect(keepAlive('ping')).toEqual({ data: Buffer.from('ping'), mode: 'idle', timeoutSeconds: 55 })
  })

  it('takes mode, format and timeout', () => {
    expect(keepAlive('cGluZzMK; FORMAT=base64; Mode="interval"; timeout=10')).toEqual({
      data: Buffer.from('ping3\n'),
      mode: 'interval',
      timeoutSeconds: 10,
    })
  })

  it('takes empty parameters for absent ones', () => {
    expect(keepAlive('a; format=; mode=')).toEqual({
      data: Buffer.from('a'),
      mode: 'idle',
      timeoutSeconds: 55,
    })
  })

  it('waits at least one second', () => expect(keepAlive('a; timeout=0')?.timeoutSeconds).toBe(1))

  it('counts once: the first header', () => expect(keepAlive('a', 'b')?.data.toString()).toBe('a'))

  it.each([[], [''], ['a; timeout="5']])('is none: %j', (...values) => {
    expect(keepAlive(...values)).toBeUndefined()
  })

  it.each([
    ['ping1\\n; timeout=10', 'ping1\\n'],
    ['"a, b"', '"a, b"'],
    ['  a b  ;timeout=5', 'a b'],
    ['a;', 'a'],
    ['a; b', 'a; b'],
    ['a; b; timeout=5', 'a; b'],
    ['a; timeout=5; b', 'a; timeout=5; b'],
    ['caf\xc3\xa9', 'caf\xc3\xa9'],
    ['; a; mode=idle', '; a'],
    ['a;;mode=idle;', 'a;'],
    [';=x', ';=x'],
  ])('has literal data: %j', (value, data) => expect(text(value)).toBe(data))

  it.each([
    ['a\\n', 'a\n'],
    ['\\r\\n\\t\\\\', '\r\n\t\\'],
    ['\\x00\\xFf!', '\x00\xff!'],
    ['a\\"b\\q', 'ab'],
    [':;\\n', ':;\n'],
  ])('unescapes cstring data: %j', (value, data) => expect(text(`${value}; format=cstring`)).toBe(data))

  it.each(['a\\', '\\x', '\\x4', '\\xg0', '\\q'])('refuses cstring data: %j', (value) => {
    expect(faultOf(() => text(`${value}; format=cstring`))).toBe(
      'INSTRUCT_INVALID: failed to parse Grip-Keep-Alive cstring format',
    )
  })

  it('decodes base64 leniently', () => {
    expect(text('cGlu Zw; format=base64')).toBe('ping')
    expect(text('!!; format=base64')).toBe('')
  })

  it.each([
    ['; timeout=5', 'Grip-Keep-Alive cannot be empty'],
    ['a; mode=Idle', "no such Grip-Keep-Alive mode 'Idle'"],
    ['a; format=hex', "no such Grip-Keep-Alive format 'hex'"],
    ['a; timeout=x', 'failed to parse Grip-Keep-Alive timeout value'],
    ['a; timeout=', 'failed to parse Grip-Keep-Alive timeout value'],
    ['a; timeout', 'failed to parse Grip-Keep-Alive timeout value'],
    ['a; timeout=-5', 'Grip-Keep-Alive timeout has invalid value'],
  ])('cannot be %j', (value, message) => {
    expect(faultOf(() => keepAlive(value))).toBe(`INSTRUCT_INVALID: ${message}`)
  })

  it('understands what @fanoutio/grip sends', async () => {
    const { GripInstruct } = await import('@fanoutio/grip')
    const data = ':\t"a; b"\\\r\n'
    const sent = new GripInstruct('a')
    sent.setHoldStream()
    sent.setKeepAlive(data, 20)
    expect(instruct(Object.entries(sent.toHeaders()).flat()).keepAlive).toEqual({
      data: Buffer.from(data),
      mode: 'idle',
      timeoutSeconds: 20,
    })
  })
})
