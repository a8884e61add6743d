import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { parseControlMessage } from '../../src/grip/controlMessage.ts'

const parse = (json: unknown) => parseControlMessage(Buffer.from(JSON.stringify(json)))

/** Says how a message is refused. */
function faultOf(text: string): string {
  try {
    parseControlMessage(Buffer.from(text))
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'CONTROL_MESSAGE_INVALID') return error.message
    throw error
  }
  return 'none'
}

const message = (type: string, content: string) => ({ type, content: Buffer.from(content) })

describe('a control message', () => {
  it.each([
    [
      { type: 'subscribe', channel: 'a' },
      { type: 'subscribe', channel: 'a', filters: [], prevId: undefined },
    ],
    [
      { type: 'subscribe', channel: 'a', filters: ['skip-self', 'x'], 'prev-id': '7', more: 1 },
      { type: 'subscribe', channel: 'a', filters: ['skip-self', 'x'], prevId: '7' },
    ],
    [
      { type: 'subscribe', channel: 'a', 'prev-id': '' },
      { type: 'subscribe', channel: 'a', filters: [], prevId: undefined },
    ],
    [
      { type: 'unsubscribe', channel: 'a' },
      { type: 'unsubscribe', channel: 'a' },
    ],
    [{ type: 'detach' }, { type: 'detach' }],
    [{ type: 'session', id: 'x' }, { type: 'session' }],
    [
      { type: 'set-meta', name: 'user', value: 'ann' },
      { type: 'set-meta', name: 'user', value: 'ann' },
    ],
    [
      { type: 'set-meta', name: 'user', value: '' },
      { type: 'set-meta', name: 'user', value: '' },
    ],
    [
      { type: 'set-meta', name: 'user' },
      { type: 'set-meta', name: 'user', value: undefined },
    ],
    [{ type: 'flush-delayed' }, { type: 'flush-delayed' }],
  ])('%j is read', (json, expected) => {
    expect(parse(json)).toEqual(expected)
  })

  it.each([
    [{}, undefined],
    [{ timeout: 'never looked at', 'message-type': 7 }, undefined],
    [{ content: 'k' }, { message: message('text', 'k'), timeoutSeconds: 55, mode: 'idle' }],
    [{ content: '' }, { message: message('text', ''), timeoutSeconds: 55, mode: 'idle' }],
    [
      { content: 'k', 'message-type': 'ping', timeout: 30, mode: 'interval' },
      { message: message('ping', 'k'), timeoutSeconds: 30, mode: 'interval' },
    ],
    [
      { content: 'k', 'content-bin': 'AAE=', timeout: '7', mode: 'whatever' },
      { message: message('binary', '\x00\x01'), timeoutSeconds: 7, mode: 'idle' },
    ],
    [
      { 'content-bin': 'aw==', 'message-type': 'text', timeout: 0 },
      { message: message('text', 'k'), timeoutSeconds: 55, mode: 'idle' },
    ],
    [
      { content: 'k', timeout: true },
      { message: message('text', 'k'), timeoutSeconds: 1, mode: 'idle' },
    ],
    [
      { content: 'k', timeout: 1e6 },
      { message: message('text', 'k'), timeoutSeconds: 86_400, mode: 'idle' },
    ],
  ])('of type keep-alive with %j is read', (fields, keepAlive) => {
    expect(parse({ type: 'keep-alive', ...fields })).toEqual({ type: 'keep-alive', keepAlive })
  })

  it.each([
    [{}, message('text', ''), 1],
    [{ 'message-type': 'pong', timeout: 3 }, message('pong', ''), 3],
    [{ content: 'x', timeout: 2 }, message('text', 'x'), 2],
  ])('of type send-delayed with %j is read', (fields, expected, timeoutSeconds) => {
    const read = parse({ type: 'send-delayed', ...fields })
    expect(read).toEqual({ type: 'send-delayed', message: expected, timeoutSeconds })
  })

  it.each([
    ['{', 'a control message is a JSON object'],
    ['[]', 'a control message is a JSON object'],
    ['null', 'a control message is a JSON object'],
    ['{}', "control message does not contain 'type'"],
    ['{"type":1}', "control message contains 'type' with wrong type"],
    ['{"type":"close"}', "control message contains 'type' with unknown value"],
    ['{"type":"subscribe"}', "control message does not contain 'channel'"],
    ['{"type":"subscribe","channel":""}', "control message contains 'channel' with invalid value"],
    ['{"type":"subscribe","channel":null}', "control message contains 'channel' with wrong type"],
    [
      '{"type":"subscribe","channel":"a","filters":"x"}',
      "control message contains 'filters' with wrong type",
    ],
    [
      '{"type":"subscribe","channel":"a","filters":[1]}',
      "control message contains 'filters' with wrong type",
    ],
    ['{"type":"subscribe","channel":"a","prev-id":1}', "control message contains 'prev-id' with wrong type"],
    ['{"type":"unsubscribe","channel":7}', "control message contains 'channel' with wrong type"],
    ['{"type":"set-meta"}', "control message does not contain 'name'"],
    ['{"type":"set-meta","name":"a","value":1}', "control message contains 'value' with wrong type"],
    ['{"type":"session","id":1}', "control message contains 'id' with wrong type"],
    ['{"type":"keep-alive","content":1}', "control message contains 'content' with wrong type"],
    [
      '{"type":"keep-alive","content":"","timeout":-1}',
      "control message contains 'timeout' with invalid value",
    ],
    ['{"type":"keep-alive","content":"","timeout":[]}', "control message contains 'timeout' with wrong type"],
    ['{"type":"keep-alive","content":"","mode":1}', "control message contains 'mode' with wrong type"],
    [
      '{"type":"send-delayed","content":"","message-type":"x"}',
      "control message contains 'message-type' with unknown value",
    ],
  ])('%s is refused with the field that is wrong', (text, fault) => {
    expect(faultOf(text)).toBe(fault)
  })

  it('that is no UTF-8 is refused', () => {
    expect(() => parseControlMessage(Buffer.from('{"type":"\xff"}', 'latin1'))).toThrow('JSON object')
  })
})
