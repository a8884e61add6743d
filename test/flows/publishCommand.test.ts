import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Pull } from 'zeromq'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { runHoldfast } from '../support/runHoldfast.ts'
import { describeFlows } from '../support/target.ts'
import { freeSpecs, specSettings } from '../support/zeroMq.ts'

const specs = await freeSpecs()
const flow = useFlow((origin) => [`* ${origin}`], { conf: { handler: specSettings(specs) } })

const places = [
  ['HTTP', () => `http://localhost:${flow.server.controlPort}`],
  ['ZeroMQ', () => specs.pull],
] as const

describeFlows('holdfast publish', () => {
  it.each(places)('reaches streams and long polls over %s', async (_name, spec) => {
    const { stream, channel } = await flow.heldStream()
    const { poll } = await flow.heldPoll({}, { channel })
    await flow.server.subscribed(channel, 2)
    expect(await runHoldfast(['publish', '--spec', spec(), channel, 'news', '-H', 'X-A: b'])).toMatchObject({
      code: 0,
      stdout: 'Published\n',
    })
    await stream.until('news\n')
    const answer = await poll.answer()
    expect([answer.text, answer.header('x-a')]).toEqual(['news\n', 'b'])
    stream.client.destroy()
    poll.client.destroy()
  })

  it('sends brokers what they understand: a bare tnetstring', async () => {
    const broker = new Pull()
    onTestFinished(() => broker.close())
    const spec = `tcp://127.0.0.1:${await freePort()}`
    await broker.bind(spec)
    const ran = runHoldfast(['publish', '--spec', spec, '--id=1', '--close', 'c'])
    const [message] = await broker.receive()
    const close = '17:6:action,5:close,}'
    expect(`${message}`).toBe(
      `108:7:channel,1:c,2:id,1:1,7:formats,71:11:http-stream,${close}10:ws-message,${close}}}`,
    )
    expect((await ran).stdout).toBe('Published\n')
  })

  it.each(places)('carries bytes that are no text over %s', async (_name, spec) => {
    const { stream, channel } = await flow.heldStream()
    const file = join(flow.server.directory, 'bytes')
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x0a]))
    await runHoldfast(['publish', '--spec', spec(), channel, `@${file}`])
    await stream.until('\ufffd\ufffd\n')
    stream.client.destroy()
  })

  it.each(places)('ends streams over %s', async (_name, spec) => {
    const { stream, channel } = await flow.heldStream()
    expect(await runHoldfast(['publish', '--spec', spec(), '--close', channel])).toMatchObject({ code: 0 })
    expect((await stream.ended()).complete).toBe(true)
  })
})
