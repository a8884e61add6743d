import { expect, it } from 'vitest'
import { describeFlows, holdfastOnly } from '../../support/target.ts'
import { eventually, passTime } from '../../support/waiting.ts'
import { control, text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow()

/** These tests wait most of their time, and do it side by side. */
const itWaits = it.concurrent

/** A keep-alive may come up to a second early, and clocks of servers tick. */
const PATIENCE_MS = 8_000

function keepAlive(fields: Record<string, unknown>) {
  return control({ type: 'keep-alive', timeout: 1, ...fields })
}

for (const mode of SOCKET_MODES) {
  describeFlows(`a keep-alive of a WebSocket, ${mode},`, () => {
    itWaits.each([
      [{ content: 'still here' }, 'text still here'],
      [{ content: 'k', 'message-type': 'ping' }, 'ping k'],
      [{ content: 'k', 'message-type': 'pong', mode: 'interval' }, 'pong k'],
      [{ content: 'k', 'message-type': 'binary' }, 'binary 6b'],
      [{ 'content-bin': 'AP8=', 'message-type': 'binary' }, 'binary 00ff'],
      [{ content: 'k', timeout: '1', mode: 'unknown' }, 'text k'],
    ])('as %j is sent again and again', async (fields, words) => {
      const { client } = await flow.open(mode, { opening: [keepAlive(fields)] })
      await eventually('three', () => client.heard.length >= 3, PATIENCE_MS)
      expect(new Set(client.heard)).toEqual(new Set([words]))
    })

    holdfastOnly(itWaits as typeof it, 'Q9: Pushpin sends text')('of bytes is binary by itself', async () => {
      const { client } = await flow.open(mode, { opening: [keepAlive({ 'content-bin': 'AP8=' })] })
      await eventually('one', () => client.heard.length > 0, PATIENCE_MS)
      expect(client.heard[0]).toBe('binary 00ff')
    })

    itWaits('is kept back while other things are sent', async () => {
      const { client, tell } = await flow.open(mode, { opening: [keepAlive({ content: 'k', timeout: 3 })] })
      for (let i = 0; i < 10; i++) {
        tell(text('m:x'))
        await passTime(400)
      }
      expect(client.heard).not.toContain('text k')
      await eventually('the keep-alive', () => client.heard.includes('text k'), PATIENCE_MS)
    })

    itWaits('with an interval is not kept back', async () => {
      const { client, tell } = await flow.open(mode, {
        opening: [keepAlive({ content: 'k', timeout: 2, mode: 'interval' })],
      })
      const timer = setInterval(() => tell(text('m:x')), 300)
      await eventually('the keep-alive', () => client.heard.includes('text k'), PATIENCE_MS).finally(() =>
        clearInterval(timer),
      )
    })

    itWaits('is replaced by the next, and ended by one without content', async () => {
      const { client, tell } = await flow.open(mode, { opening: [keepAlive({ content: 'old' })] })
      await eventually('the first', () => client.heard.includes('text old'), PATIENCE_MS)
      tell(keepAlive({ content: 'new' }), text('m:replaced'))
      await eventually('the second', () => client.heard.includes('text new'), PATIENCE_MS)
      expect(client.heard.slice(client.heard.indexOf('text replaced'))).not.toContain('text old')
      tell(keepAlive({}), text('m:off'))
      await eventually('the end', () => client.heard.includes('text off'))
      await passTime(2_500)
      expect(client.heard.slice(client.heard.indexOf('text off') + 1)).toEqual([])
    })

    itWaits('is sent to a client whose origin has left it', async () => {
      const { client, origin } = await flow.open(mode, {
        opening: [keepAlive({ content: 'k' }), control({ type: 'detach' })],
      })
      await eventually('the end at the origin', () => origin.heard.length > 0)
      const before = client.heard.length
      await eventually('a keep-alive', () => client.heard.length > before, PATIENCE_MS)
    })
  })

  describeFlows(`a delayed message, ${mode},`, () => {
    itWaits('is sent when its time has come', async () => {
      const { client, tell } = await flow.open(mode)
      const delayed = { type: 'send-delayed', content: 'late', timeout: 1 }
      tell(control(delayed), text('m:at once'))
      await client.hears('text at once', 'text late')
    })

    itWaits('is sent at once when it is flushed, and only once', async () => {
      const { client, tell } = await flow.open(mode)
      tell(control({ type: 'flush-delayed' }))
      tell(
        control({ type: 'send-delayed', content: 'late', timeout: 100 }),
        control({ type: 'flush-delayed' }),
      )
      await client.hears('text late')
      tell(control({ type: 'flush-delayed' }), text('m:end'))
      await client.hears('text late', 'text end')
    })

    itWaits('is sent at once when another takes its place', async () => {
      const { client, tell } = await flow.open(mode)
      tell(control({ type: 'send-delayed', content: 'first', timeout: 100 }))
      tell(control({ type: 'send-delayed', 'content-bin': 'AP8=', 'message-type': 'binary', timeout: 1 }))
      await client.hears('text first', 'binary 00ff')
    })

    itWaits('does not keep published ones waiting', async () => {
      const { client, channel } = await flow.subscribed(mode, {
        opening: [control({ type: 'send-delayed', content: 'late', timeout: 3 })],
      })
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text published')
      await eventually('the delayed one', () => client.heard.length === 2, PATIENCE_MS)
      expect(client.heard[1]).toBe('text late')
    })
  })
}
