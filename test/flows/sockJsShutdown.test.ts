import { expect, it } from 'vitest'
import { useSockJsFlow } from '../support/sockJsFlow.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'

const flow = useSockJsFlow((origin) => [`*,sockjs=/sock ${origin}`], {
  conf: { runner: { drain_timeout: 5 } },
})
const itTells = holdfastOnly(it, 'Pushpin drops its clients when it stops')

describeFlows('a server that is told to stop', () => {
  itTells('tells its SockJS clients, whatever they wait with', async () => {
    const polling = await flow.opened()
    const { waiting: poll } = await polling.client.pollTwice()
    const streaming = flow.client()
    const stream = await streaming.stream('GET', 'eventsource')
    await stream.until('data: o')
    await flow.opened()
    flow.server.signal('SIGTERM')
    expect((await poll.answer()).text).toBe('c[1001,"Connection closed"]\n')
    expect(await stream.ended()).toMatchObject({
      complete: true,
      text: expect.stringContaining('data: c[1001,"Connection closed"]\r\n\r\n'),
    })
    await Promise.all([poll.client.closed(), stream.client.closed()])
    expect(await flow.server.exited()).toBe(0)
    expect((await streaming.origin()).heard).toEqual(['close 1001'])
  })
})
