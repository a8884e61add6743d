import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { uniqueName } from '../support/origin.ts'
import { responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, expected, target } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
import { StatsConsumer, type StatsPacket } from '../support/zeroMq.ts'

type Fields = StatsPacket['fields']

const specs = {
  tnetstring: `tcp://127.0.0.1:${await freePort()}`,
  json: `tcp://127.0.0.1:${await freePort()}`,
}

const settings = (format: 'tnetstring' | 'json') => ({
  global: { stats_connection_ttl: 4 },
  handler: {
    stats_spec: specs[format],
    stats_format: format,
    stats_report_interval: 1,
    stats_subscription_ttl: 4,
    subscription_linger: 2,
    message_block_size: 4,
  },
})

const routes = (origin: string) => [
  `*,path_beg=/named,id=named ${origin}`,
  `*,path_beg=/weighed,id=weighed ${origin}`,
  `* ${origin}`,
]
const flow = useFlow(routes, { conf: settings('tnetstring') })
const jsonFlow = useFlow(routes, { conf: settings('json') })

let stats: StatsConsumer
let jsonStats: StatsConsumer

/** The first sign that a consumer is connected; what was sent before is lost to it. */
async function connected(consumer: StatsConsumer, request: () => Promise<unknown>): Promise<StatsConsumer> {
  await eventually('statistics arrive', async () => {
    await request()
    return consumer.packets.length > 0
  })
  return consumer
}

beforeAll(async () => {
  const ask = (one: typeof flow) => async () => one.get(one.origin.answer({ body: 'x' }))
  stats = await connected(new StatsConsumer(specs.tnetstring), ask(flow))
  jsonStats = await connected(new StatsConsumer(specs.json), ask(jsonFlow))
})
afterAll(() => {
  stats?.close()
  jsonStats?.close()
})

/** Waits for packets of a type and answers them without what says who sent them. */
function told(type: string, fields: Readonly<Record<string, unknown>>, count = 1): Promise<Fields[]> {
  return eventually(
    `${count} ${type} packets with ${JSON.stringify(fields)}`,
    () => {
      const packets = stats.of(type, fields)
      return packets.length >= count && packets
    },
    15_000,
  )
}

describeFlows('statistics tell', () => {
  it('of the subscription of a stream, how its count changes, and its end', async () => {
    const { stream, channel } = await flow.heldStream()
    const [first] = await told('sub', { channel })
    expect(first).toEqual({ channel, mode: 'stream', subscribers: 1, ttl: 4 })
    const other = await flow.heldStream({}, { channel })
    await told('sub', { channel, subscribers: 2 })
    stream.client.destroy()
    other.stream.client.destroy()
    const [last] = await told('sub', { channel, unavailable: true })
    expect(last).toEqual({ channel, mode: 'stream', unavailable: true })
  })

  it('of a subscription again before its lifetime is over', async () => {
    const { channel } = await flow.heldStream()
    const packets = await told('sub', { channel }, 3)
    expect(new Set(packets.map((packet) => JSON.stringify(packet))).size).toBe(1)
  })

  it('of the channel of a long poll until it has lingered', async () => {
    const { poll, channel } = await flow.heldPoll()
    await told('sub', { channel, mode: 'response', subscribers: 1 })
    await flow.publish(responseItem(channel, 'x'))
    await poll.answer()
    const answeredMs = Date.now()
    expect(stats.of('sub', { channel, unavailable: true })).toEqual([])
    await told('sub', { channel, mode: 'response', unavailable: true })
    expect(Date.now() - answeredMs).toBeGreaterThan(1500)
  })

  it('of an item, how many it is handed to over each transport, in blocks', async () => {
    const { channel } = await flow.heldStream()
    await flow.heldStream({}, { channel })
    await flow.heldPoll({}, { channel })
    await flow.server.subscribed(channel, 3)
    const formats = { 'http-stream': { content: 'hello' }, 'http-response': { body: 'x' } }
    await flow.publish({ channel, id: 'i1', formats })
    const handed = { channel, 'item-id': 'i1' }
    await eventually('all are counted', () => {
      const streams = sumsOf('message', { ...handed, transport: 'http-stream' })
      const polls = sumsOf('message', { ...handed, transport: 'http-response' })
      const sums = [streams['count'], streams['blocks'], polls['count'], polls['blocks']]
      return JSON.stringify(sums) === '[2,4,1,1]'
    })
  })

  it('the size that the publisher gives instead of that of the content', async () => {
    const { channel } = await flow.heldStream()
    await flow.publish({ ...streamItem(channel, 'hello'), size: 9 })
    expect(await told('message', { channel })).toEqual([
      { channel, count: 1, blocks: 3, transport: 'http-stream' },
    ])
  })

  it('nothing of an item that nobody gets', async () => {
    const { channel } = await flow.heldStream()
    const unheld = uniqueName('unheld')
    await flow.publish(streamItem(unheld, 'x'), responseItem(channel, 'x'), streamItem(channel, 'last'))
    await told('message', { channel })
    expect(stats.of('message', { channel })).toHaveLength(1)
    expect(stats.of('message', { channel: unheld })).toEqual([])
  })

  it('of a connection while it lasts, and its end', async () => {
    const before = new Set(stats.of('conn').map(({ id }) => id))
    const { stream } = await flow.heldStream({}, { under: '/named' })
    const [begun] = await eventually('the connection is told of', () => {
      const packets = stats.of('conn', { route: 'named' }).filter(({ id }) => !before.has(id!))
      return packets.length > 0 && packets
    })
    const { id, ...rest } = begun!
    expect(rest).toEqual({ route: 'named', type: 'http', 'peer-address': '127.0.0.1', ttl: 4 })
    await told('conn', { id }, 3)
    stream.client.destroy()
    expect(await told('conn', { id, unavailable: true })).toEqual([{ id, unavailable: true }])
  })

  it('the client that X-Forwarded-For names', async () => {
    const address = `192.0.2.${1 + Math.floor(Math.random() * 200)}`
    await flow.heldStream({}, { headers: { 'X-Forwarded-For': address } })
    await told('conn', { 'peer-address': address })
  })

  it('of requests, by route where that has an id', async () => {
    const counted = () => {
      const sum = (packets: Fields[], field: string) =>
        packets.reduce((total, packet) => total + Number(packet[field]), 0)
      return [
        sum(stats.of('activity', { route: 'named' }), 'count'),
        sum(stats.of('counts'), 'requests-received'),
      ] as const
    }
    const before = counted()
    await flow.get(flow.origin.answer({ body: 'x' }, '/named'))
    await flow.get(flow.origin.answer({ body: 'x' }, '/named'))
    await eventually('both are counted', () => {
      const now = counted()
      return now[0] === before[0] + 2 && now[1] >= before[1] + expected({ holdfast: 2, pushpin: 1 })
    })
    expect(stats.of('counts').every((packet) => !('route' in packet))).toBe(true)
  })

  it('what a route has had in a period', async () => {
    await flow.get(flow.origin.answer({ body: 'twelve bytes' }, '/named'))
    const reports = await told('report', { route: 'named' })
    const fields = Object.keys(reports[0]!).sort()
    expect(fields.filter((field) => !field.startsWith('blocks-'))).toEqual(REPORT_FIELDS)
    await eventually(
      'the bytes are told',
      () => {
        const sent = stats
          .of('report', { route: 'named' })
          .reduce((total, report) => total + Number(report['client-content-bytes-sent']), 0)
        return sent >= 12
      },
      15_000,
    )
  }, 30_000)

  it('the bytes of requests, heads without separators, and of answers', async () => {
    const path = flow.origin.answer({ body: 'x'.repeat(1000) }, '/weighed')
    const before = bytesOf('weighed')
    await flow.get(`${path}?q=1`, { method: 'POST', headers: { 'X-A': 'bcd' }, body: 'y'.repeat(500) })
    const texts = ['POST', `${path}?q=1`, 'Host', 'flow.test', 'X-A', 'bcd', 'Content-Length', '500']
    const expectedGrowth = {
      'client-header-bytes-received': texts.join('').length,
      'client-content-bytes-received': 500,
      'client-content-bytes-sent': 1000,
      'server-content-bytes-sent': 500,
      'server-content-bytes-received': 1000,
    }
    await eventually(
      'they are told',
      () => {
        const now = bytesOf('weighed')
        const grown = Object.fromEntries(
          Object.keys(expectedGrowth).map((field) => [field, (now[field] ?? 0) - (before[field] ?? 0)]),
        )
        return JSON.stringify(grown) === JSON.stringify(expectedGrowth)
      },
      15_000,
    )
  }, 20_000)

  it('nothing more of a route that is not used, after a report without connections', async () => {
    await flow.get(flow.origin.answer({ body: 'x' }, '/named'))
    await told('report', { route: 'named' })
    const idle = await told('report', { connections: 0 })
    expect(idle.length).toBeGreaterThan(0)
  }, 20_000)
})

/** The sums of all reports of a route so far. */
function bytesOf(route: string): Record<string, number> {
  return sumsOf('report', { route })
}

/** The sums of all such packets so far; each worker process tells of its own deliveries. */
function sumsOf(type: string, fields: Fields): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const packet of stats.of(type, fields)) {
    for (const [field, value] of Object.entries(packet)) sums[field] = (sums[field] ?? 0) + Number(value)
  }
  return sums
}

const REPORT_FIELDS = [
  'client-content-bytes-received',
  'client-content-bytes-sent',
  'client-header-bytes-received',
  'client-header-bytes-sent',
  'client-messages-received',
  'client-messages-sent',
  'connections',
  'duration',
  'http-response-sent',
  'minutes',
  'received',
  'route',
  'sent',
  'server-content-bytes-received',
  'server-content-bytes-sent',
  'server-header-bytes-received',
  'server-header-bytes-sent',
  'server-messages-received',
  'server-messages-sent',
]

describe.runIf(target.name === 'holdfast')('a report of holdfast', () => {
  it('has the deliveries of the route that took the client', async () => {
    const { stream, channel } = await flow.heldStream({}, { under: '/named' })
    await flow.publish(streamItem(channel, '123456'))
    await stream.until('123456')
    const [report] = await told('report', { route: 'named', sent: 1 })
    expect(report!['received']).toBe(0)
    expect(report!['client-content-bytes-sent']).toBeGreaterThanOrEqual(6)
  })
})

describeFlows('statistics as JSON', () => {
  it('are compact, with names in alphabetical order', async () => {
    await jsonFlow.heldStream({}, { under: '/named' })
    const packet = await eventually('a connection is told of', () =>
      jsonStats.packets.find(({ type, fields }) => type === 'conn' && fields['route'] === 'named'),
    )
    expect(packet.format).toBe('J')
    const names = Object.keys(packet.fields)
    expect(names).toEqual([...names].sort())
    expect(packet.fields['from']).toMatch(
      expected({ holdfast: /^holdfast_\d+$/, pushpin: /^pushpin-handler_\d+$/ }),
    )
  })
})

describeFlows('a consumer of statistics', () => {
  it('gets the types that it subscribes to, and no other', async () => {
    const consumer = new StatsConsumer(specs.tnetstring, ['sub '])
    try {
      await eventually('a subscription is told of', async () => {
        await flow.heldStream()
        return consumer.packets.length > 0
      })
      expect(new Set(consumer.packets.map(({ type }) => type))).toEqual(new Set(['sub']))
    } finally {
      consumer.close()
    }
  })
})
