import { afterAll, beforeAll, expect, it } from 'vitest'
import { uniqueName } from '../support/origin.ts'
import { eventOf, eventsAnswer, type OverHttpSocketTest, open, useOverHttpFlow } from '../support/overHttp.ts'
import { describeFlows } from '../support/target.ts'
import { ChannelPublisher, Commander, encodeItem, freeSpecs, specSettings } from '../support/zeroMq.ts'

const specs = await freeSpecs()
const flow = useOverHttpFlow(() => [], { conf: { handler: specSettings(specs) } })

let commander: Commander
beforeAll(() => {
  commander = new Commander(specs.command)
})
afterAll(() => commander.close())

const SUCCESS = { success: true, value: null }

/** Opens a WebSocket over HTTP on a channel of its own; its origin has one message for the first request after the opening. */
async function openOnChannel(): Promise<{ socket: OverHttpSocketTest; channel: string; cid: string }> {
  const channel = uniqueName('channel')
  const subscribe = eventOf('TEXT', `c:{"type":"subscribe","channel":"${channel}"}`)
  const opening = eventsAnswer(`OPEN\r\n${subscribe}`, [['Sec-WebSocket-Extensions', 'grip']])
  const socket = await open(flow, [eventsAnswer('TEXT 6\r\nm:news\r\n'), eventsAnswer()], { opening })
  await flow.server.subscribed(channel)
  const cid = (await socket.request(1)).header('connection-id')
  if (cid === undefined) throw new Error('no Connection-Id')
  return { socket, channel, cid }
}

describeFlows('a WebSocket over HTTP', () => {
  it('is refreshed by its Connection-Id', async () => {
    const { socket, cid } = await openOnChannel()
    expect(await commander.call('refresh', { cid })).toEqual(SUCCESS)
    expect([await socket.next(), await socket.body(2)]).toEqual(['text news', ''])
  })

  it('is refreshed by its channel', async () => {
    const { socket, channel } = await openOnChannel()
    expect(await commander.call('refresh', { channel })).toEqual(SUCCESS)
    expect([await socket.next(), await socket.body(2)]).toEqual(['text news', ''])
  })

  it('is found by its Connection-Id until it ends', async () => {
    const { socket, cid } = await openOnChannel()
    expect(await commander.call('conncheck', { ids: ['nosuch', cid] })).toEqual({
      success: true,
      value: [cid],
    })
    socket.client.destroy()
    await expect
      .poll(() => commander.call('conncheck', { ids: [cid] }), { timeout: 5000 })
      .toEqual({ success: true, value: [] })
  })

  it('lets publishers know of its channel, and gets what they send', async () => {
    const channels = new ChannelPublisher().connect(specs.sub)
    const { socket, channel } = await openOnChannel()
    await channels.until(`+${channel}`)
    await channels.send(channel, encodeItem({ formats: { 'ws-message': { content: 'hi' } } }, 'T'))
    expect(await socket.next()).toBe('text hi')
    socket.client.destroy()
    await channels.until(`-${channel}`)
    await channels.close()
  })

  it.each([
    ['text', { content: 'é' }, 'text é'],
    ['bytes', { 'content-bin': Buffer.from('raw') }, 'binary raw'],
    ['a Close', { action: 'close', code: 4001, reason: 'bye' }, 'close 4001 bye'],
  ])('gets %s published as a tnetstring', async (_what, format, words) => {
    const channels = new ChannelPublisher().connect(specs.sub)
    const { socket, channel } = await openOnChannel()
    await channels.until(`+${channel}`)
    await channels.send(channel, encodeItem({ formats: { 'ws-message': format } }, 'bare'))
    expect(await socket.next()).toBe(words)
    await channels.close()
  })
})
