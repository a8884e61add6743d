import { afterAll, beforeAll, expect } from 'vitest'
import type { TnetInput } from '../../src/util/tnetstring.ts'
import { describePublishIngress } from '../contracts/publishIngressContract.ts'
import { useFlow } from '../support/flow.ts'
import {
  ChannelPublisher,
  Commander,
  encodeItem,
  freeSpecs,
  ITEM_ENCODINGS,
  PullPublisher,
  specSettings,
} from '../support/zeroMq.ts'

const specs = await freeSpecs()
const flow = useFlow((origin) => [`* ${origin}`], { conf: { handler: specSettings(specs) } })

let pull: PullPublisher
let channels: ChannelPublisher
let commander: Commander
beforeAll(() => {
  pull = new PullPublisher(specs.pull)
  channels = new ChannelPublisher().connect(specs.sub)
  commander = new Commander(specs.command)
})
afterAll(async () => {
  pull.close()
  commander.close()
  await channels.close()
})

describePublishIngress(flow, {
  name: 'HTTP',
  isText: true,
  send: (_channel, items) => flow.publish(...items),
})

describePublishIngress(flow, {
  name: 'command',
  isText: false,
  async send(_channel, items) {
    const reply = await commander.call('publish', { items } as unknown as TnetInput)
    expect(reply).toEqual({ success: true, value: null })
  },
})

for (const encoding of ITEM_ENCODINGS) {
  describePublishIngress(flow, {
    name: `ZeroMQ PULL, ${encoding}`,
    isText: encoding === 'J',
    async send(_channel, items) {
      for (const item of items) await pull.send(encodeItem(item, encoding))
    },
  })

  describePublishIngress(flow, {
    name: `ZeroMQ SUB, ${encoding}`,
    isText: encoding === 'J',
    async send(channel, items) {
      await channels.until(`+${channel}`)
      for (const { channel: _own, ...item } of items) await channels.send(channel, encodeItem(item, encoding))
    },
  })
}
