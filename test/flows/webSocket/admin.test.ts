import { describe, expect, it } from 'vitest'
import { AdminClient } from '../../support/admin.ts'
import { freePort } from '../../support/freePort.ts'
import { target } from '../../support/target.ts'
import { eventually } from '../../support/waiting.ts'
import { control } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'
import { StatsConsumer } from '../../support/zeroMq.ts'

const statsSpec = `tcp://127.0.0.1:${await freePort()}`
const flow = useSocketFlow(() => [], {
  conf: { handler: { stats_spec: statsSpec, stats_report_interval: 1 } },
})
const admin = new AdminClient(() => flow.server)

for (const mode of SOCKET_MODES) {
  describe.runIf(target.name === 'holdfast')(`an operator who looks at WebSockets, ${mode},`, () => {
    it('sees whom they are of, and on which channels', async () => {
      const opening = [control({ type: 'set-meta', name: 'user', value: 'alice' })]
      const { channel } = await flow.subscribed(mode, { opening })
      const [seen] = await admin.held(channel)
      expect(seen).toMatchObject({
        kind: 'socket',
        channels: [channel],
        meta: { user: 'alice' },
        peer: '127.0.0.1',
      })
      expect((await admin.get(`/channels/${channel}`)).holders).toEqual({ response: 0, stream: 0, socket: 1 })
    })

    it('kicks one, who gets a Close, and no other on the channel', async () => {
      const { client, channel } = await flow.subscribed(mode)
      const [{ id }] = await admin.held(channel)
      const subscribe = control({ type: 'subscribe', channel })
      const other = await flow.open(mode, { opening: [subscribe] })
      await admin.held(channel, 2)
      expect((await admin.request('DELETE', `/connections/${id}`)).status).toBe(200)
      await eventually('the client is closed', () => client.heard.at(-1)?.startsWith('close'))
      await flow.publish(socketItem(channel, 'still here'))
      await other.client.hears('text still here')
    })

    it('finds none that has left', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await admin.held(channel)
      const { connections } = await admin.get('/status')
      client.drop()
      await admin.held(channel, 0)
      await eventually(
        'its connection is over',
        async () => (await admin.get('/status')).connections < connections,
      )
    })

    it('can refresh one by its id', async () => {
      const { channel } = await flow.subscribed(mode)
      const [{ id }] = await admin.held(channel)
      expect((await admin.post('/refresh', { cid: id })).json).toEqual({ message: 'Refreshed' })
    })
  })
}

describe.runIf(target.name === 'holdfast')('an origin of WebSockets over HTTP', () => {
  it('is asked when an operator refreshes the channel, or the one connection', async () => {
    const { channel } = await flow.subscribed('over HTTP')
    const [{ id }] = await admin.held(channel)
    const answers = async () => (await admin.get('/status')).totals.origin.answered
    const before = await answers()
    await admin.post('/refresh', { channel })
    await eventually('it is asked', async () => (await answers()) > before)
    await admin.post('/refresh', { cid: id })
    await eventually('it is asked again', async () => (await answers()) > before + 1)
  })
})

describe.runIf(target.name === 'holdfast')('statistics of WebSockets', () => {
  it('tell of the connection, the channel, items and messages', async () => {
    const consumer = new StatsConsumer(statsSpec)
    try {
      await eventually('statistics arrive', async () => {
        await flow.open('native')
        return consumer.packets.length > 0
      })
      const { client, channel } = await flow.subscribed('over HTTP')
      const [{ id }] = await admin.held(channel)
      await flow.publish(socketItem(channel, 'hello'))
      await client.hears('text hello')
      await eventually('an item is told of', () => consumer.of('message', { channel }).length > 0)
      expect(consumer.of('sub', { channel })).toEqual([{ channel, mode: 'ws', subscribers: 1, ttl: 60 }])
      expect(consumer.of('message', { channel })).toEqual([{ channel, count: 1, transport: 'ws-message' }])
      expect(consumer.of('conn', { id })[0]).toMatchObject({ type: 'ws', 'peer-address': '127.0.0.1' })
      expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      await eventually('a report has the message', () =>
        consumer.of('report').some((report) => Number(report['client-messages-sent']) > 0),
      )
    } finally {
      consumer.close()
    }
  })
})
