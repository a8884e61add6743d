import { expect, it } from 'vitest'
import { answerHeld, eventsAnswer, open, openHeld, useOverHttpFlow } from '../support/overHttp.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useOverHttpFlow()
const stopping = holdfastOnly(it, 'Pushpin drops clients when it stops, and tells no origin')

describeFlows('a server that stops', () => {
  stopping('closes WebSockets over HTTP at both ends, after what clients have said', async () => {
    const idle = await open(flow, [eventsAnswer('CLOSE\r\n')])
    const busy = await openHeld(flow)
    const held = (n: number) => eventually(`request ${n}`, () => busy.responses[n - 1])
    busy.send('text', 'one')
    const first = await held(1)
    busy.send('text', 'two')
    await flow.get('/nowhere')

    flow.server.signal('SIGTERM')
    for (const socket of [idle, busy]) {
      expect(await socket.next()).toMatch(/^close 1001/)
      socket.close(1001)
    }
    expect(await idle.body(2)).toMatch(/^CLOSE /)
    answerHeld(first)
    expect(await busy.body(3)).toMatch(/^TEXT 3\r\ntwo\r\nCLOSE /)
    answerHeld(await held(2), 'CLOSE\r\n')
    expect(await flow.server.exited()).toBe(0)
  })
})
