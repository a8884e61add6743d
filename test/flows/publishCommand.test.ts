import { expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
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

  it.each(places)('ends streams over %s', async (_name, spec) => {
    const { stream, channel } = await flow.heldStream()
    expect(await runHoldfast(['publish', '--spec', spec(), '--close', channel])).toMatchObject({ code: 0 })
    expect((await stream.ended()).complete).toBe(true)
  })
})
