import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { answerHeld, eventsAnswer, open, openHeld, useOverHttpFlow } from '../support/overHttp.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useOverHttpFlow()

const held = (responses: readonly ServerResponse[], n: number) =>
  eventually(`request ${n}`, () => responses[n - 1])

describeFlows('a client over HTTP that closes', () => {
  it('is told to the origin, and gets its answer', async () => {
    const socket = await open(flow, [eventsAnswer('TEXT 4\r\nlast\r\nCLOSE 5\r\n\x0f\xa2aye\r\n')])
    socket.close(4001, 'bye')
    expect(await socket.body(2)).toBe('CLOSE 5\r\n\x0f\xa1bye\r\n')
    expect(await socket.rest()).toEqual(['text last', 'close 4002 aye'])
    expect(socket.count).toBe(2)
  })

  it('without a code sends a CLOSE without content', async () => {
    const socket = await open(flow, [eventsAnswer('CLOSE\r\n')])
    socket.close()
    expect(await socket.body(2)).toBe('CLOSE\r\n')
    expect(await socket.rest()).toEqual([expect.stringMatching(/^close( 1000)?$/)])
  })

  it('has what it said before delivered before', async () => {
    const socket = await openHeld(flow)
    socket.send('text', 'one')
    const first = await held(socket.responses, 1)
    socket.send('text', 'two')
    socket.close(1000)
    await flow.get('/nowhere')
    answerHeld(first)
    expect(await socket.body(3)).toBe('TEXT 3\r\ntwo\r\nCLOSE 2\r\n\x03\xe8\r\n')
  })

  it('and is not answered sees an unclean end, of which the origin hears no more', async () => {
    const socket = await open(flow, [eventsAnswer(), eventsAnswer()])
    socket.close(1000)
    expect(await socket.fails(1011)).toEqual([])
    await flow.get('/nowhere')
    expect(socket.count).toBe(2)
  })

  it('is told to an origin that closes with code 0, and gets a code that is legal', async () => {
    const socket = await open(flow, [eventsAnswer('CLOSE 2\r\n\0\0\r\n')])
    socket.close(1000)
    expect(await socket.rest()).toEqual([expected({ holdfast: 'close 1000', pushpin: 'close 0' })])
  })
})

describeFlows('an origin over HTTP that closes', () => {
  it('is told what the client answers', async () => {
    const socket = await open(flow, [
      eventsAnswer('TEXT 4\r\nlast\r\nCLOSE 5\r\n\x0f\xa2aye\r\n'),
      eventsAnswer(),
    ])
    socket.send('text', 'x')
    expect([await socket.next(), await socket.next()]).toEqual(['text last', 'close 4002 aye'])
    socket.close(4003)
    expect(await socket.body(3)).toBe('CLOSE 2\r\n\x0f\xa3\r\n')
    expect(await socket.rest()).toEqual([])
  })

  it('is told when the client leaves instead of answering', async () => {
    const socket = await open(flow, [eventsAnswer('CLOSE 2\r\n\x0f\xa2\r\n'), eventsAnswer()])
    socket.send('text', 'x')
    expect(await socket.next()).toBe('close 4002')
    socket.client.destroy()
    expect(await socket.body(3)).toBe('DISCONNECT\r\n')
  })

  it('by DISCONNECT has the client dropped', async () => {
    const socket = await open(flow, [eventsAnswer('DISCONNECT\r\nTEXT 4\r\nlate\r\n')])
    socket.send('text', 'x')
    expect(await socket.fails(1011)).toEqual([])
    expect(socket.count).toBe(2)
  })

  holdfastOnly(it, 'Q24')('by DISCONNECT has what it said before delivered', async () => {
    const socket = await open(flow, [eventsAnswer('TEXT 4\r\nlast\r\nDISCONNECT\r\n')])
    socket.send('text', 'x')
    expect(await socket.next()).toBe('text last')
  })
})

describeFlows('a client over HTTP that leaves', () => {
  it('is told to the origin', async () => {
    const socket = await open(flow)
    socket.client.destroy()
    expect(await socket.body(2)).toBe('DISCONNECT\r\n')
  })

  it('is told after the request under way, with what that has set', async () => {
    const socket = await openHeld(flow)
    socket.send('text', 'x')
    const first = await held(socket.responses, 1)
    socket.client.destroy()
    await flow.get('/nowhere')
    expect(socket.count).toBe(2)
    answerHeld(first, '', [['Set-Meta-User', 'ann']])
    expect(await socket.body(3)).toBe('DISCONNECT\r\n')
    expect((await socket.request(3)).header('meta-user')).toBe('ann')
    answerHeld(await held(socket.responses, 2))
  })

  holdfastOnly(it, 'Q35')('has what it said delivered before', async () => {
    const socket = await openHeld(flow)
    socket.send('text', 'one')
    const first = await held(socket.responses, 1)
    socket.send('text', 'two')
    await flow.get('/nowhere')
    socket.client.destroy()
    await flow.get('/nowhere')
    answerHeld(first)
    expect(await socket.body(3)).toBe('TEXT 3\r\ntwo\r\nDISCONNECT\r\n')
    answerHeld(await held(socket.responses, 2))
  })
})

describeFlows('an origin over HTTP that answers wrongly', () => {
  it.each([
    [500, 'application/websocket-events', ''],
    [204, 'application/websocket-events', ''],
    [302, 'application/websocket-events', ''],
    [200, 'text/html', 'what?'],
    [200, 'application/websocket-events', 'TEXT x\r\n'],
    [200, 'application/websocket-events', 'TEXT'],
  ])('loses the connection: %d %s %j', async (status, type, body) => {
    const answer = { status, headers: [['Content-Type', type] as const], body }
    const socket = await open(flow, [answer, eventsAnswer()])
    socket.send('text', 'x')
    expect(await socket.fails(1011)).toEqual([])
    if (expected({ holdfast: true, pushpin: false })) expect(await socket.body(3)).toBe('DISCONNECT\r\n')
  })
})
