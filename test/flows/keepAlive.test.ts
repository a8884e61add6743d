import { expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { passTime } from '../support/waiting.ts'

const flow = useFlow((origin) => [`* ${origin}`])

/** Opens a stream with this Grip-Keep-Alive. */
const kept = (value: string) => flow.heldStream({ headers: { 'Grip-Keep-Alive': value }, body: 'open;' })

const keptByJson = async (keepAlive: unknown) => {
  const channel = uniqueName('channel')
  const instruct = {
    hold: { mode: 'stream', channels: [{ name: channel }], 'keep-alive': keepAlive },
    response: { body: 'open;' },
  }
  const headers = { 'Content-Type': 'application/grip-instruct' }
  const stream = await flow.openStream(flow.origin.answer({ headers, body: JSON.stringify(instruct) }))
  await flow.server.subscribed(channel)
  return { stream, channel }
}

const count = (text: string, part: string) => text.split(part).length - 1

// All at once: they spend their time waiting. A period is up to a second shorter than it says.
describeFlows('a stream with Grip-Keep-Alive', () => {
  it.concurrent('gets its data again and again while nothing is published', async () => {
    const { stream } = await kept('ping; timeout=1')
    const text = await stream.untilBody((body) => count(body, 'ping') >= 3)
    expect(text).toMatch(/^open;(ping){3}$/)
  })

  it.concurrent('gets data in C notation', async () => {
    const { stream } = await kept('\\x3a\\r\\n\\\\; format=cstring; timeout=1')
    expect(await stream.until('\\')).toBe('open;:\r\n\\')
  })

  it.concurrent('gets data in base64', async () => {
    const { stream } = await kept('Oi87Cg==; format=base64; timeout=1')
    expect(await stream.until('\n')).toBe('open;:/;\n')
  })

  it.concurrent('gets raw data with quotes, commas and backslashes as they are', async () => {
    const { stream } = await kept('"a, \\n"; format=raw; timeout=1')
    expect(await stream.untilBody((body) => body.endsWith('"'))).toMatch(/^open;("a, \\n")+$/)
  })

  it.concurrent('of mode idle gets none while items keep coming', async () => {
    const { stream, channel } = await kept('ping; mode=idle; timeout=3')
    for (let i = 0; i < 12; i++) {
      await flow.publish(streamItem(channel, `${i};`))
      await passTime(300)
    }
    expect(stream.text).not.toContain('ping')
    await stream.until('11;ping')
  })

  it.concurrent('without a mode counts from the last item, too', async () => {
    const { stream, channel } = await kept('ping; timeout=3')
    for (let i = 0; i < 12; i++) {
      await flow.publish(streamItem(channel, `${i};`))
      await passTime(300)
    }
    expect(stream.text).not.toContain('ping')
  })

  it.concurrent('of mode interval gets one each period, whatever is published', async () => {
    const { stream, channel } = await kept('ping; mode=interval; timeout=2')
    for (let i = 0; i < 12; i++) {
      await flow.publish(streamItem(channel, `${i};`))
      await passTime(300)
    }
    await stream.until('11;')
    expect(count(stream.text, 'ping')).toBeGreaterThanOrEqual(1)
  })

  it.concurrent('from JSON gets its content', async () => {
    const { stream } = await keptByJson({ content: 'ping\n', timeout: 1 })
    expect(await stream.until('ping\n')).toBe('open;ping\n')
  })

  it.concurrent('from JSON gets binary content before text', async () => {
    const { stream } = await keptByJson({ content: 'text', 'content-bin': 'Oi87Cg==', timeout: 1 })
    expect(await stream.until('\n')).toBe('open;:/;\n')
  })

  const itIdle = holdfastOnly(it, 'ODD-14')
  itIdle('from JSON counts from the last item', async () => {
    const { stream, channel } = await keptByJson({ content: 'ping', timeout: 3 })
    for (let i = 0; i < 12; i++) {
      await flow.publish(streamItem(channel, `${i};`))
      await passTime(300)
    }
    expect(stream.text).not.toContain('ping')
  })
})

describeFlows('a stream without Grip-Keep-Alive', () => {
  it('gets nothing but what is published', async () => {
    const { stream, channel } = await flow.heldStream({ body: 'open;' })
    await passTime(1500)
    await flow.publish(streamItem(channel, 'news'))
    expect(await stream.until('news')).toBe('open;news')
  })
})
