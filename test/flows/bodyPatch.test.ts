import { expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { responseItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'

const flow = useFlow((origin) => [`* ${origin}`], {
  conf: { handler: { update_on_first_subscription: false } },
})

/** Answers what a long poll with that body is answered with when the operations are published. */
async function patched(body: string, ...operations: readonly unknown[]): Promise<string> {
  const { poll, channel } = await flow.heldPoll({ body })
  await flow.publish(responseItem(channel, { 'body-patch': operations }), responseItem(channel, 'still held'))
  return (await poll.answer()).text
}

const itFollows = holdfastOnly(it, 'ODD-23')
const itKeeps = holdfastOnly(it, 'ODD-24')

describeFlows('a body-patch', () => {
  it('may test, move and copy', async () => {
    const text = await patched(
      '{"a":{"b":1},"list":[]}',
      { op: 'test', path: '/a/b', value: 1 },
      { op: 'copy', from: '/a/b', path: '/list/-' },
      { op: 'move', from: '/a/b', path: '/c' },
    )
    expect(JSON.parse(text)).toEqual({ a: {}, list: [1], c: 1 })
  })

  it('may change a list', async () => {
    const text = await patched('[1,2]\r\n', { op: 'add', path: '/-', value: 3 })
    expect(text).toBe('[1,2,3]\r\n')
  })

  it('writes members in the order of their names, without blanks', async () => {
    const operation = { op: 'add', path: '/b', value: { y: 2, x: 'é', '10': null, '9': [] } }
    const text = await patched('{ "z": 1,\n  "a": true }\n', operation)
    expect(text).toBe('{"a":true,"b":{"10":null,"9":[],"x":"é","y":2},"z":1}\n')
  })

  it('finds names with slashes and tildes in them', async () => {
    const text = await patched('{"a/b":1,"c~d":2}', { op: 'remove', path: '/a~1b' })
    expect(JSON.parse(text)).toEqual({ 'c~d': 2 })
  })

  it('counts the bytes of the result', async () => {
    const { poll, channel } = await flow.heldPoll({ body: '{}' })
    const operation = { op: 'add', path: '/text', value: 'grüße 🎈' }
    await flow.publish(responseItem(channel, { 'body-patch': [operation] }))
    const response = await poll.answer()
    expect(response.header('content-length')).toBe(String(response.body.length))
    expect(JSON.parse(response.text)).toEqual({ text: 'grüße 🎈' })
  })

  itFollows('inserts at an index of a list', async () => {
    expect(await patched('[1,3]', { op: 'add', path: '/1', value: 2 })).toBe('[1,2,3]')
  })

  itFollows('takes the empty pointer as the whole body', async () => {
    expect(await patched('{"a":1}', { op: 'replace', path: '', value: [1] })).toBe('[1]')
  })

  itKeeps.each([
    [
      'one operation of several fails',
      '{"a":1}',
      [
        { op: 'remove', path: '/a' },
        { op: 'remove', path: '/b' },
      ],
    ],
    ['a test fails', '{"a":1}', [{ op: 'test', path: '/a', value: 1.4 }]],
    ['null and nothing are told apart', '{"a":1}', [{ op: 'test', path: '/b', value: null }]],
    ['the body is not JSON', 'plain', [{ op: 'add', path: '/a', value: 1 }]],
    ['the operation is not known', '{}', [{ op: 'explode', path: '/a' }]],
    ['the operation is no object', '{}', [1]],
  ])('leaves the long poll held when %s', async (_what, body, operations) => {
    expect(await patched(body, ...operations)).toBe('still held')
  })
})
