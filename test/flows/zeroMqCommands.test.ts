import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeTnetstring } from '../../src/util/tnetstring.ts'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { streamItem } from '../support/publish.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'
import { Commander, freeSpecs, specSettings } from '../support/zeroMq.ts'

const specs = await freeSpecs()
const flow = useFlow((origin) => [`* ${origin}`], { conf: { handler: specSettings(specs) } })

let commander: Commander
beforeAll(() => {
  commander = new Commander(specs.command)
})
afterAll(() => commander.close())

const SUCCESS = { success: true, value: null }
/** A failure; what holdfast says of its reason stands in `value`, of which Pushpin gives none here. */
const badRequest = (value: string) => ({
  success: false,
  condition: 'bad-request',
  ...expected<object>({ holdfast: { value }, pushpin: {} }),
})

describeFlows('the command socket', () => {
  it('answers each request with its id, when it has one', async () => {
    expect(await commander.ask('28:2:id,1:2,6:method,7:recover,}')).toEqual({ id: '2', ...SUCCESS })
    expect(await commander.ask({ method: 'recover', from: 'me' })).toEqual(SUCCESS)
    expect(await commander.ask({ method: 'recover', id: '' })).toEqual(SUCCESS)
  })

  it('names the sockets of the server', async () => {
    expect(await commander.ask('25:6:method,12:get-zmq-uris,}')).toEqual({
      success: true,
      value: { command: specs.command, 'publish-pull': specs.pull, 'publish-sub': specs.sub },
    })
  })

  it.each(['report', 'reload', 'constructor'])('has no method %s', async (method) => {
    expect(await commander.ask({ id: '9', method })).toEqual({
      id: '9',
      success: false,
      condition: 'method-not-found',
    })
  })

  it('leaves further frames of the envelope as they are', async () => {
    const reply = await commander.exchange('hop', '', '19:6:method,7:recover,}')
    expect(reply.map((frame) => frame.toString()).slice(0, 2)).toEqual(['hop', ''])
    expect(reply).toHaveLength(3)
  })

  it('may be asked again before it has answered', async () => {
    const ids = Array.from({ length: 150 }, (_, i) => `${i}`)
    for (const id of ids) await commander.send('', encodeTnetstring({ id, method: 'recover' }))
    const answered = new Set<string>()
    for (const _ of ids) answered.add(((await commander.reply()) as { id: string }).id)
    expect(answered).toEqual(new Set(ids))
  })
})

describeFlows('publish', () => {
  it('takes items', async () => {
    const { stream, channel } = await flow.heldStream()
    const items = [streamItem(channel, 'a'), streamItem(channel, 'b')]
    expect(await commander.call('publish', { items } as never)).toEqual(SUCCESS)
    expect(await stream.until('b')).toBe('ab')
  })

  it('takes the bytes of the reference', async () => {
    const request =
      '119:2:id,2:15,6:method,7:publish,4:args,79:5:items,67:63:7:channel,1:x,7:formats,35:11:http-stream,16:7:content,3:hi\n,}}}]}}'
    expect(await commander.ask(request)).toEqual({ id: '15', ...SUCCESS })
  })

  it('takes no items, too', async () => {
    expect(await commander.call('publish', { items: [] })).toEqual(SUCCESS)
  })

  it.each([
    ['without items', {}, "Invalid format: object does not contain 'items'"],
    [
      'with items that are no list',
      { items: 'x' },
      "Invalid format: object contains 'items' with wrong type",
    ],
    [
      'with an item without channel',
      { items: [{}] },
      "Invalid format: publish item object does not contain 'channel'",
    ],
    ['with an item without formats', { items: [{ channel: 'c' }] }, 'Invalid format: no formats specified'],
  ])('%s is refused with the reason', async (_what, args, value) => {
    expect(await commander.call('publish', args)).toEqual({ success: false, condition: 'bad-request', value })
  })

  it('publishes nothing when one item is bad', async () => {
    const { stream, channel } = await flow.heldStream()
    const items = [streamItem(channel, 'no'), { channel }]
    expect(await commander.call('publish', { items } as never)).toMatchObject({ success: false })
    await flow.publish(streamItem(channel, 'yes'))
    expect(await stream.until('yes')).toBe('yes')
  })
})

describeFlows('recover', () => {
  it('makes long polls ask their origins again', async () => {
    const channel = uniqueName('recovered')
    const held = { headers: { 'Grip-Hold': 'response', 'Grip-Channel': channel } }
    const poll = await flow.longPoll(flow.origin.answers([held, { body: 'newer' }]))
    await flow.server.subscribed(channel)
    expect(await commander.call('recover')).toEqual(SUCCESS)
    expect((await poll.answer()).text).toBe('newer')
  })
})

describeFlows('refresh', () => {
  it('needs to know of what', async () => {
    expect(await commander.call('refresh')).toEqual(badRequest("args does not contain 'cid' or 'channel'"))
  })

  it('of a connection that is not there fails', async () => {
    expect(await commander.ask('54:2:id,1:4,6:method,7:refresh,4:args,15:3:cid,6:nosuch,}}')).toEqual({
      id: '4',
      success: false,
      condition: 'item-not-found',
    })
  })

  it('of a channel succeeds, whoever is there', async () => {
    expect(await commander.call('refresh', { channel: 'nosuch' })).toEqual(SUCCESS)
  })

  it('of a channel leaves long polls and streams as they are', async () => {
    const { stream, channel } = await flow.heldStream()
    const { poll } = await flow.heldPoll({}, { channel })
    await flow.server.subscribed(channel, 2)
    expect(await commander.call('refresh', { channel })).toEqual(SUCCESS)
    const formats = { 'http-stream': { content: 's' }, 'http-response': { body: 'r' } }
    await flow.publish({ channel, formats })
    expect(await stream.until('s')).toBe('s')
    expect((await poll.answer()).text).toBe('r')
  })
})

describeFlows('conncheck', () => {
  it('needs a list of ids', async () => {
    expect(await commander.call('conncheck')).toEqual(badRequest("args does not contain 'ids'"))
    expect(await commander.call('conncheck', { ids: 'x' })).toEqual(
      badRequest("args contains 'ids' with wrong type"),
    )
  })

  it('names none of those that are not there', async () => {
    expect(await commander.ask('56:2:id,1:6,6:method,9:conncheck,4:args,15:3:ids,6:3:a:b,]}}')).toEqual({
      id: '6',
      success: true,
      value: [],
    })
  })
})

const itAnswers = holdfastOnly(it, 'Pushpin leaves those that ask in silence')
describeFlows('a request that cannot be read', () => {
  itAnswers.each([
    ['is no tnetstring', ['', 'hello'], 'invalid format (tnetstring parse failed)'],
    ['breaks off', ['', '5:abc'], 'invalid format (tnetstring parse failed)'],
    ['is marked as one for PULL sockets', ['', 'T0:}'], 'invalid format (tnetstring parse failed)'],
    ['is no map', ['', '0:]'], 'invalid format (parse failed)'],
    ['has no method', ['', '0:}'], 'invalid format (parse failed)'],
    ['has a method that is no text', ['', '13:6:method,1:1#}'], 'invalid format (parse failed)'],
    [
      'has arguments that are no map',
      ['', '29:6:method,7:recover,4:args,0:~}'],
      'invalid format (parse failed)',
    ],
    ['has several parts', ['', '0:}', '0:}'], 'parts != 1'],
    ['has none', [''], 'parts != 1'],
  ])('because it %s is answered', async (_what, parts, value) => {
    const reply = await commander.exchange(...parts)
    expect(reply).toHaveLength(2)
    expect(await commander.ask({ id: 'next', method: 'recover' })).toMatchObject({ id: 'next' })
    expect(reply[1]!.toString()).toContain(`11:bad-request,5:value,${value.length}:${value},`)
  })

  itAnswers('has its id in the answer where that can be read', async () => {
    expect(await commander.ask({ id: '7' })).toMatchObject({ id: '7', condition: 'bad-request' })
  })

  itAnswers('and came without an empty frame is answered without one', async () => {
    const [reply, ...others] = await commander.exchange('19:6:method,7:recover,}')
    expect(reply?.toString()).toBe('28:7:success,4:true!5:value,0:~}')
    expect(others).toEqual([])
  })
})
