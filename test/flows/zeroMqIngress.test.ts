import { afterAll, beforeAll, expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
import { ChannelPublisher, encodeItem, freeSpecs, PullPublisher, specSettings } from '../support/zeroMq.ts'

const specs = await freeSpecs()
const flow = useFlow((origin) => [`* ${origin}`], {
  conf: { handler: { ...specSettings(specs), subscription_linger: 2 } },
})

let pull: PullPublisher
let channels: ChannelPublisher
beforeAll(() => {
  pull = new PullPublisher(specs.pull)
  channels = new ChannelPublisher().connect(specs.sub)
})
afterAll(async () => {
  pull.close()
  await channels.close()
})

const timesLogged = (text: string) => flow.server.logs().split(text).length - 1

/** Does something that is to be logged once more than it was. */
async function expectLogged(text: string, act: () => Promise<void>): Promise<void> {
  const before = timesLogged(text)
  await act()
  await eventually(`log: ${text}`, () => timesLogged(text) === before + 1)
}

describeFlows('a message to the PULL socket', () => {
  it.each([
    ['of two parts', ['T', '0:}'], 'IN pull: received message with parts != 1, skipping'],
    [
      'of JSON that does not parse',
      ['J{'],
      'IN pull: received message with invalid format (json parse failed), skipping',
    ],
    [
      'of a JSON scalar',
      ['J7'],
      'IN pull: received message with invalid format (json parse failed), skipping',
    ],
    [
      'of a JSON list',
      ['J[]'],
      'IN pull: received message with invalid format (not a valid json object), skipping',
    ],
    [
      'of no tnetstring',
      ['hello'],
      'IN pull: received message with invalid format (tnetstring parse failed), skipping',
    ],
    ['of a tnetstring that is no map', ['5:hello,'], 'publish item object is not an object, skipping'],
    ['without channel', ['0:}'], "invalid format: publish item object does not contain 'channel', skipping"],
    [
      'without formats',
      ['15:7:channel,2:st,}'],
      'IN pull: received message with invalid format: no formats specified, skipping',
    ],
  ])('%s is told in the log and does no harm', async (_what, parts, text) => {
    await expectLogged(text, () => pull.send(...parts))
    const { stream, channel } = await flow.heldStream()
    await pull.send(encodeItem(streamItem(channel, 'after'), 'T'))
    expect(await stream.until('after')).toBe('after')
  })

  const itSurvives = holdfastOnly(it, 'Pushpin crashes')
  itSurvives.each(['5:abc', 'T5:abc', '9999999999:', '', 'T'])('%j is skipped', async (text) => {
    const { stream, channel } = await flow.heldStream()
    await pull.send(text)
    await pull.send(encodeItem(streamItem(channel, 'after'), 'bare'))
    expect(await stream.until('after')).toBe('after')
  })

  const itLimits = holdfastOnly(it, 'Pushpin takes messages of any size')
  itLimits('of more than 64 MiB is not taken, and its publisher goes on with the next', async () => {
    const { stream, channel } = await flow.heldStream()
    const fill = (bytes: number) => `J${JSON.stringify(streamItem(channel, 'x'))}`.padEnd(bytes, ' ')
    await pull.send(fill(64 * 1024 * 1024 + 1))
    await pull.send(fill(64 * 1024 * 1024))
    await pull.send(encodeItem(streamItem(channel, 'after'), 'T'))
    expect(await stream.until('after')).toBe('xafter')
  })

  it('may have anything after the tnetstring', async () => {
    const { stream, channel } = await flow.heldStream()
    await pull.send(Buffer.concat([encodeItem(streamItem(channel, 'x'), 'bare'), Buffer.from('TRAILING')]))
    expect(await stream.until('x')).toBe('x')
  })

  it('may have content of any bytes', async () => {
    const { poll, channel } = await flow.heldPoll()
    const body = Buffer.from([0, 255, 128, 10])
    await pull.send(encodeItem({ channel, formats: { 'http-response': { body } } }, 'T'))
    expect((await poll.answer()).body).toEqual(body)
  })
})

describeFlows('a message to the SUB socket', () => {
  it('is taken for a channel while somebody holds it', async () => {
    const { stream, channel } = await flow.heldStream()
    await channels.until(`+${channel}`)
    await channels.send(channel, encodeItem({ formats: { 'http-stream': { content: 'x' } } }, 'J'))
    expect(await stream.until('x')).toBe('x')
    stream.client.destroy()
    await channels.until(`-${channel}`)
  })

  it('goes to the channel of its first part, whatever the item says', async () => {
    const { stream, channel } = await flow.heldStream()
    await channels.until(`+${channel}`)
    await channels.send(channel, encodeItem(streamItem('elsewhere', 'x'), 'T'))
    expect(await stream.until('x')).toBe('x')
  })

  it('of a channel whose name goes on after a held one reaches nobody', async () => {
    const { stream, channel } = await flow.heldStream()
    await channels.until(`+${channel}`)
    await channels.send(`${channel}-more`, encodeItem(streamItem(`${channel}-more`, 'no'), 'T'))
    await channels.send(channel, encodeItem(streamItem(channel, 'yes'), 'T'))
    expect(await stream.until('yes')).toBe('yes')
  })

  it.each([
    ['of one part', () => [], 'IN sub: received message with parts != 2, skipping'],
    [
      'of no tnetstring',
      () => ['x'],
      'IN sub: received message with invalid format (tnetstring parse failed), skipping',
    ],
    [
      'without formats',
      () => ['0:}'],
      'IN sub: received message with invalid format: no formats specified, skipping',
    ],
  ])('%s is told in the log', async (_what, rest, text) => {
    const { channel } = await flow.heldStream()
    await channels.until(`+${channel}`)
    await expectLogged(text, () => channels.send(channel, ...rest()))
  })

  it('is wanted for two seconds more after the last long poll has been answered', async () => {
    const { poll, channel } = await flow.heldPoll()
    await channels.until(`+${channel}`)
    await channels.send(channel, encodeItem(responseItem(channel, 'x'), 'T'))
    expect((await poll.answer()).text).toBe('x')
    const answeredMs = Date.now()
    await channels.until(`-${channel}`)
    expect(Date.now() - answeredMs).toBeGreaterThan(1000)
  })

  it('is wanted once for many holders', async () => {
    const channel = uniqueName('shared')
    const [first] = [await flow.heldStream({}, { channel }), await flow.heldStream({}, { channel })]
    await channels.until(`+${channel}`)
    first.stream.client.destroy()
    const other = await flow.heldStream()
    await channels.until(`+${other.channel}`)
    expect(channels.changes.filter((change) => change.slice(1) === channel)).toEqual([`+${channel}`])
  })

  it('is not wanted for a channel that its client may not have besides the twenty before', async () => {
    const name = uniqueName('many')
    const names = Array.from({ length: 21 }, (_, i) => `${name}-${i}`)
    const headers = [['Grip-Hold', 'stream'], ...names.map((each) => ['Grip-Channel', each])] as const
    const { client } = await flow.openStream(
      flow.origin.answer({ headers: headers.map(([k, v]) => [k!, v!]) }),
    )
    await channels.until(`+${name}-19`)
    const other = await flow.heldStream()
    await channels.until(`+${other.channel}`)
    expect(channels.changes).not.toContain(`+${name}-20`)
    client.destroy()
  })
})

describeFlows('publishers', () => {
  it('that connect later hear of the channels held already', async () => {
    const { stream, channel } = await flow.heldStream()
    const later = new ChannelPublisher().connect(specs.sub)
    await later.until(`+${channel}`)
    await later.send(channel, encodeItem(streamItem(channel, 'x'), 'T'))
    expect(await stream.until('x')).toBe('x')
    await later.close()
  })

  it('are told of many channels at once', async () => {
    const names = Array.from({ length: 15 }, () => uniqueName('many'))
    const path = flow.origin.answer({
      headers: [['Grip-Hold', 'stream'], ...names.map((name): [string, string] => ['Grip-Channel', name])],
    })
    await flow.openStream(path)
    for (const name of names) await channels.until(`+${name}`)
  })
})
