import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Pull } from 'zeromq'
import { useFlow } from '../support/flow.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly, type Running, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
import {
  ChannelPublisher,
  Commander,
  encodeItem,
  freeSpecs,
  PullPublisher,
  specSettings,
} from '../support/zeroMq.ts'

describeFlows('a server that connects to publishers', async () => {
  const { command } = await freeSpecs()
  const publishers = [new ChannelPublisher(), new ChannelPublisher()]
  const [first, second] = publishers as [ChannelPublisher, ChannelPublisher]
  const flow = useFlow((origin) => [`* ${origin}`, `prefixed.test,prefix=pre- ${origin}`], {
    conf: {
      handler: {
        push_in_sub_specs: `${await first.bind()}, ${await second.bind()}`,
        push_in_sub_connect: true,
        command_spec: command,
      },
    },
  })
  afterAll(async () => {
    for (const publisher of publishers) await publisher.close()
  })

  it('takes items from each of them', async () => {
    const { stream, channel } = await flow.heldStream()
    for (const [i, publisher] of publishers.entries()) {
      await publisher.until(`+${channel}`)
      await publisher.send(channel, encodeItem(streamItem(channel, `${i};`), 'T'))
      await stream.until(`${i};`)
    }
    stream.client.destroy()
    for (const publisher of publishers) await publisher.until(`-${channel}`)
  })

  it('subscribes to channels by the names that publishers use', async () => {
    const channel = uniqueName('channel')
    await flow.heldStream({}, { channel, subscribedAs: `pre-${channel}`, host: 'prefixed.test' })
    await first.until(`+pre-${channel}`)
  })

  it('subscribes to channels with any name', async () => {
    const { stream, channel } = await flow.heldStream({}, { channel: `a b/c%20${uniqueName('~')}` })
    await first.until(`+${channel}`)
    await first.send(channel, encodeItem(streamItem(channel, 'x'), 'T'))
    expect(await stream.until('x')).toBe('x')
  })

  it('does not say where its SUB socket is, which has no place', async () => {
    const commander = new Commander(command)
    expect(await commander.call('get-zmq-uris')).toEqual({ success: true, value: { command } })
    commander.close()
  })
})

const itUpdates = holdfastOnly(it, 'Pushpin 1.36 has no update_on_first_subscription')
describeFlows('a long poll on a channel that nobody held before', async () => {
  const { sub } = await freeSpecs()
  const flow = useFlow((origin) => [`* ${origin}`], { conf: { handler: { push_in_sub_specs: sub } } })

  itUpdates('asks its origin again, as publishers may not have known of it yet', async () => {
    const channel = uniqueName('channel')
    const held = { headers: { 'Grip-Hold': 'response', 'Grip-Channel': channel } }
    const poll = await flow.longPoll(flow.origin.answers([held, { body: 'published meanwhile' }]))
    expect((await poll.answer()).text).toBe('published meanwhile')
  })
})

describeFlows('ZeroMQ sockets at files', () => {
  let server: Running
  let origin: Awaited<ReturnType<typeof startOrigin>>
  beforeAll(async () => {
    origin = await startOrigin()
    server = await startTarget({
      routes: [`* ${origin.address}`],
      conf: {
        global: { ipc_prefix: 'flow-' },
        handler: { push_in_spec: 'ipc://{ipc_prefix}in', ipc_file_mode: 751 },
      },
    })
  })
  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
  })

  it('have the mode that is configured', async () => {
    const path = join(server.directory, 'flow-in')
    await eventually('the file', () => existsSync(path))
    expect(statSync(path).mode & 0o777).toBe(0o751)
  })

  it('take messages', async () => {
    const pull = new PullPublisher(`ipc://${server.directory}/flow-in`)
    await pull.send('J')
    await eventually('the log', () => server.logs().includes('json parse failed'))
    pull.close()
  })
})

describeFlows('a server whose ZeroMQ socket is taken', () => {
  it.each(['push_in_spec', 'push_in_sub_specs', 'command_spec'])(
    'by %s ends with the reason',
    async (key) => {
      const taken = new Pull()
      await taken.bind('tcp://127.0.0.1:*')
      const spec = taken.lastEndpoint!
      try {
        // It must not have taken clients by then: the start counts as done as soon as one is served.
        await expect(startTarget({ routes: ['* test'], conf: { handler: { [key]: spec } } })).rejects.toThrow(
          `unable to bind to ${spec}`,
        )
      } finally {
        taken.close()
      }
    },
  )
})

describeFlows('a server with ZeroMQ sockets that is told to stop', () => {
  it('ends, whoever is connected', async () => {
    const specs = await freeSpecs()
    const server = await startTarget({ routes: ['* test'], conf: { handler: specSettings(specs) } })
    const pull = new PullPublisher(specs.pull)
    const channels = new ChannelPublisher().connect(specs.sub)
    const commander = new Commander(specs.command)
    await pull.send(encodeItem(streamItem('nobody', 'x'), 'T'))
    expect(await commander.call('recover')).toMatchObject({ success: true })
    server.signal('SIGTERM')
    expect(await server.exited()).toBe(0)
    pull.close()
    commander.close()
    await channels.close()
    await server.stop()
  })
})
