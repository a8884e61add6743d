import { expect, it } from 'vitest'
import { requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { postItems, publishCounted, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'

const flow = useFlow((origin) => [`* ${origin}`])
const itKicks = holdfastOnly(it, 'an extension: an item with an action of its own')

describeFlows('an item {"channel": c, "action": "close"}', () => {
  itKicks('ends a stream cleanly', async () => {
    const { stream, channel } = await flow.heldStream({ body: 'hello\n' })
    await flow.publish({ channel, action: 'close' })
    expect(await stream.ended()).toEqual({ complete: true, text: 'hello\n' })
  })

  itKicks('ends a stream of an HTTP/1.0 client by ending the connection', async () => {
    const { stream, channel } = await flow.heldStream({ body: 'hello\n' }, { version: '1.0' })
    await flow.publish({ channel, action: 'close' })
    await stream.client.closed()
    expect(stream.text).toBe('hello\n')
  })

  itKicks('gives a long poll its timeout response at once, with Connection: close', async () => {
    const answer = {
      status: 202,
      headers: { 'X-From-Origin': 'yes', 'Grip-Timeout': '60' },
      body: 'nothing yet\n',
    }
    const { poll, channel } = await flow.heldPoll(answer)
    await flow.publish({ channel, action: 'close' })
    const response = await poll.answer()
    expect(response.status).toBe(202)
    expect(response.header('x-from-origin')).toBe('yes')
    expect(response.header('connection')).toBe('close')
    expect(response.text).toBe('nothing yet\n')
    await poll.client.closed()
  })

  itKicks('reaches every hold on the channel, of whatever kind, and says how many', async () => {
    const { stream, channel } = await flow.heldStream()
    const { poll } = await flow.heldPoll({ body: 'timeout' }, { channel })
    await flow.server.subscribed(channel, 2)
    const [item] = await publishCounted(flow.server.controlPort, [{ channel, action: 'close' }])
    expect(item).toEqual({ channel, holds: 2 })
    expect((await stream.ended()).complete).toBe(true)
    expect((await poll.answer()).text).toBe('timeout')
  })

  itKicks('reaches nobody else: one client of a shared channel is closed by its own', async () => {
    const shared = uniqueName('conversation')
    const alice = await flow.heldStream({ headers: { 'Grip-Channel': shared } })
    const bob = await flow.heldStream({ headers: { 'Grip-Channel': shared } })
    await flow.server.subscribed(shared, 2)
    await flow.publish(streamItem(shared, 'to both;'))
    await flow.publish({ channel: alice.channel, action: 'close' })
    await flow.publish(streamItem(shared, 'to bob'))
    expect(await alice.stream.ended()).toEqual({ complete: true, text: 'to both;' })
    expect(await bob.stream.until('to bob')).toBe('to both;to bob')
  })

  itKicks('comes in order with what is published before and after it', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(
      streamItem(channel, 'before'),
      { channel, action: 'close' },
      streamItem(channel, 'after'),
    )
    expect(await stream.ended()).toEqual({ complete: true, text: 'before' })
  })

  itKicks('leaves the client nothing to be pipelined to', async () => {
    const { poll, channel } = await flow.heldPoll({ body: 'timeout' })
    const behind = flow.origin.answer({ body: 'must not be asked' })
    poll.client.send(requestBytes(behind))
    await flow.publish({ channel, action: 'close' })
    expect((await poll.answer()).header('connection')).toBe('close')
    await poll.client.closed()
    expect(flow.origin.requests(behind)).toEqual([])
  })

  itKicks('for a channel that nobody holds reaches nobody', async () => {
    const channel = uniqueName('nobody')
    const [item] = await publishCounted(flow.server.controlPort, [{ channel, action: 'close' }])
    expect(item).toEqual({ channel, holds: 0 })
  })

  itKicks('may be refresh, which holds of HTTP do not mind', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish({ channel, action: 'refresh' }, streamItem(channel, 'still here'))
    expect(await stream.until('still here')).toBe('still here')
  })

  itKicks('must be an action that is known', async () => {
    const answer = await postItems(flow.server.controlPort, [{ channel: 'any', action: 'explode' }])
    expect(answer.status).toBe(400)
  })
})
