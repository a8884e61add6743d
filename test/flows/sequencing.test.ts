import { expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { chained, publishCounted, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually, passTime } from '../support/waiting.ts'

const routes = (origin: string) => [`* ${origin}`]
const flow = useFlow(routes, { conf: { handler: { update_on_first_subscription: false } } })

/** Items of one channel whose ids are also their contents, chained where a predecessor is named. */
const link = (channel: string, id: string, prevId?: string) => chained(streamItem(channel, id), id, prevId)

describeFlows('an item whose id was published on the channel before', () => {
  it('is dropped', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(chained(streamItem(channel, 'once '), 'a'))
    await flow.publish(chained(streamItem(channel, 'twice '), 'a'), chained(streamItem(channel, 'end'), 'b'))
    expect(await stream.until('end')).toBe('once end')
  })

  it('is dropped in the same batch, too', async () => {
    const { stream, channel } = await flow.heldStream()
    const item = chained(streamItem(channel, 'once '), 'a')
    await flow.publish(item, item, chained(streamItem(channel, 'end'), 'b'))
    expect(await stream.until('end')).toBe('once end')
  })

  it('is dropped even if nobody held the channel then', async () => {
    const channel = uniqueName('channel')
    await flow.publish(chained(streamItem(channel, 'early '), 'a'))
    const { stream } = await flow.heldStream({}, { channel })
    await flow.publish(chained(streamItem(channel, 'late '), 'a'), streamItem(channel, 'end'))
    expect(await stream.until('end')).toBe('end')
  })

  it('is dropped although it is no-seq', async () => {
    const { stream, channel } = await flow.heldStream()
    const item = { ...chained(streamItem(channel, 'once '), 'a'), 'no-seq': true }
    await flow.publish(item, item, streamItem(channel, 'end'))
    expect(await stream.until('end')).toBe('once end')
  })

  it('is another one if the channel is another one', async () => {
    const other = uniqueName('other')
    const { stream, channel } = await flow.heldStream({ headers: { 'Grip-Channel': other } })
    await flow.server.subscribed(other)
    await flow.publish(chained(streamItem(channel, 'one '), 'a'), chained(streamItem(other, 'two'), 'a'))
    expect(await stream.until('two')).toBe('one two')
  })

  const forgetful = useFlow(routes, { conf: { handler: { id_cache_ttl: 1 } } })
  it('is taken when id_cache_ttl has passed since its first appearance', async () => {
    const { stream, channel } = await forgetful.heldStream()
    const item = chained(streamItem(channel, 'x'), 'a')
    await forgetful.publish(item)
    await passTime(600)
    await forgetful.publish(item)
    await passTime(700)
    expect(stream.text).toBe('x')
    await eventually('the item is taken again', async () => {
      await forgetful.publish(item)
      return stream.text === 'xx'
    })
  })

  const unlimited = useFlow(routes, { conf: { handler: { id_cache_ttl: 0 } } })
  it('is taken when id_cache_ttl is 0', async () => {
    const { stream, channel } = await unlimited.heldStream()
    const item = chained(streamItem(channel, 'x'), 'a')
    await unlimited.publish(item, item, streamItem(channel, 'end'))
    expect(await stream.until('end')).toBe('xxend')
  })
})

describeFlows('items that come out of order', () => {
  it('wait for the one before them', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(link(channel, '1'))
    await flow.publish(link(channel, '3', '2'))
    await flow.publish(link(channel, '2', '1'))
    expect(await stream.until('3')).toBe('123')
  })

  it('wait however many they are, up to 100', async () => {
    const { stream, channel } = await flow.heldStream()
    const ids = Array.from({ length: 101 }, (_, index) => `<${index}>`)
    const chain = ids.map((id, index) => link(channel, id, ids[index - 1]))
    await flow.publish(chain[0], ...chain.slice(2).reverse())
    await flow.publish({ ...streamItem(channel, 'meanwhile'), 'no-seq': true })
    await stream.until('meanwhile')
    await flow.publish(chain[1])
    expect(await stream.until('<100>')).toBe(`<0>meanwhile${ids.slice(1).join('')}`)
  })

  it('keep no other channel waiting', async () => {
    const other = uniqueName('other')
    const { stream, channel } = await flow.heldStream({ headers: { 'Grip-Channel': other } })
    await flow.server.subscribed(other)
    await flow.publish(link(channel, '1'), link(channel, '3', '2'), link(other, 'other'))
    expect(await stream.until('other')).toBe('1other')
    await flow.publish(link(channel, '2', '1'))
    expect(await stream.until('3')).toBe('1other23')
  })

  it('do not keep those waiting that name no prev-id', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(link(channel, '1'), link(channel, '3', '2'), streamItem(channel, 'free'))
    expect(await stream.until('free')).toBe('1free')
  })

  it('are delivered at once as long as no item with an id came before', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(link(channel, '9', '8'))
    expect(await stream.until('9', 1000)).toBe('9')
  })

  it('are delivered at once after an item without id', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(link(channel, '1'), streamItem(channel, 'x'), link(channel, '9', '8'))
    expect(await stream.until('9', 1000)).toBe('1x9')
  })

  it('wait for long polls, too', async () => {
    const { poll, channel, path } = await flow.heldPoll()
    const item = (id: string, prevId?: string) => chained(responseItem(channel, id), id, prevId)
    await flow.publish(item('1'))
    expect((await poll.answer()).text).toBe('1')
    const next = await flow.longPoll(path)
    await flow.server.subscribed(channel, 2)
    await flow.publish(item('3', '2'), item('2', '1'))
    expect((await next.answer()).text).toBe('2')
  })
})

describeFlows('an item out of order', () => {
  it('with the prev-id of one that waits already is dropped', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(link(channel, '1'), link(channel, '3', '2'), link(channel, 'rival', '2'))
    await flow.publish(link(channel, '2', '1'), link(channel, '4', '3'))
    expect(await stream.until('4')).toBe('1234')
  })

  it('is dropped as the 101st that waits', async () => {
    const { stream, channel } = await flow.heldStream()
    const ids = Array.from({ length: 103 }, (_, index) => `<${index}>`)
    const chain = ids.map((id, index) => link(channel, id, ids[index - 1]))
    await flow.publish(chain[0], ...chain.slice(2))
    await flow.publish(chain[1])
    await stream.until('<101>')
    await flow.publish(streamItem(channel, 'end'))
    expect(await stream.until('end')).toBe(`${ids.slice(0, 102).join('')}end`)
  })

  const impatient = useFlow(routes, { conf: { handler: { message_wait: 500 } } })
  it('is delivered after message_wait, and those that follow it with it', async () => {
    const { stream, channel } = await impatient.heldStream()
    await impatient.publish(link(channel, '1'), link(channel, '4', '3'), link(channel, '3', '2'))
    await stream.until('1')
    await passTime(300)
    expect(stream.text).toBe('1')
    expect((await stream.until('4', 3000)).slice(0, 1)).toBe('1')
    await impatient.publish(link(channel, '5', '4'))
    await stream.until('5')
  })

  const itOrders = holdfastOnly(it, 'Pushpin releases overdue items in any order')
  itOrders('comes after its predecessors when both waited too long', async () => {
    const { stream, channel } = await impatient.heldStream()
    await impatient.publish(link(channel, '1'), link(channel, '4', '3'), link(channel, '3', '2'))
    expect(await stream.until('4', 3000)).toBe('134')
  })

  it('that is late, its place being taken, is delivered after message_wait', async () => {
    const { stream, channel } = await impatient.heldStream()
    await impatient.publish(link(channel, '1'), link(channel, '3', '2'))
    await stream.until('3', 3000)
    await impatient.publish(link(channel, '2', '1'))
    expect(await stream.until('2', 3000)).toBe('132')
  })

  const hasty = useFlow(routes, { conf: { handler: { message_wait: 0 } } })
  holdfastOnly(it, 'Pushpin looks once a second')('is delivered at once when message_wait is 0', async () => {
    const { stream, channel } = await hasty.heldStream()
    await hasty.publish(link(channel, '1'), link(channel, '3', '2'))
    expect(await stream.until('3', 500)).toBe('13')
  })

  const itCounts = holdfastOnly(it, 'an extension: per-item counts')
  itCounts('is answered with the holds that it waits for', async () => {
    const { channel } = await flow.heldStream()
    const items = [link(channel, '1'), link(channel, '3', '2'), link(channel, '1')]
    const counted = await publishCounted(flow.server.controlPort, items)
    expect(counted.map(({ holds }) => holds)).toEqual([1, 1, 0])
  })
})

describeFlows('a no-seq item', () => {
  const free = (channel: string, id: string, prevId: string) => ({
    ...link(channel, id, prevId),
    'no-seq': true,
  })

  it('is delivered at once, and the chain goes on as if it had not come', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(link(channel, '1'), free(channel, '9', '8'))
    expect(await stream.until('9', 1000)).toBe('19')
    await flow.publish(link(channel, '3', '2'), link(channel, '2', '1'))
    expect(await stream.until('3')).toBe('1923')
  })
})

describeFlows('the order of a channel', () => {
  it('is forgotten with its last stream', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(link(channel, '1'), streamItem(channel, { action: 'close' }))
    await stream.ended()
    const { stream: second } = await flow.heldStream({}, { channel })
    await flow.publish(link(channel, '9', '8'))
    expect(await second.until('9', 1000)).toBe('9')
  })

  it('is kept between long polls', async () => {
    const { poll, channel, path } = await flow.heldPoll()
    const item = (id: string, prevId?: string) => chained(responseItem(channel, id), id, prevId)
    await flow.publish(item('1'))
    await poll.answer()
    await flow.publish(item('3', '2'))
    const next = await flow.longPoll(path)
    await flow.server.subscribed(channel, 2)
    await flow.publish(item('2', '1'))
    expect((await next.answer()).text).toBe('2')
  })

  const brief = useFlow(routes, { conf: { handler: { subscription_linger: 1 } } })
  it('is forgotten when no long poll came in subscription_linger', async () => {
    const { poll, channel, path } = await brief.heldPoll()
    const item = (id: string, prevId?: string) => chained(responseItem(channel, id), id, prevId)
    await brief.publish(item('1'))
    await poll.answer()
    await passTime(2300)
    const next = await brief.longPoll(path)
    await brief.server.subscribed(channel, 2)
    await brief.publish(item('9', '8'))
    expect((await next.answer(1000)).text).toBe('9')
  })

  const itKeeps = holdfastOnly(it, 'ODD-16')
  itKeeps('is kept for a lingering long poll although a stream of the channel ends', async () => {
    const { poll, channel } = await flow.heldPoll()
    const { stream } = await flow.heldStream({}, { channel })
    await flow.publish(chained({ ...responseItem(channel, '1') }, '1'))
    await poll.answer()
    await flow.publish({ ...streamItem(channel, { action: 'close' }), 'no-seq': true })
    await stream.ended()
    await flow.publish(link(channel, '3', '2'))
    const { stream: second } = await flow.heldStream({}, { channel })
    await flow.publish(link(channel, '2', '1'))
    expect(await second.until('3')).toBe('23')
  })
})
