import { expect, it } from 'vitest'
import { eventsAnswer, open, shake, useOverHttpFlow } from '../support/overHttp.ts'
import { describeFlows } from '../support/target.ts'

const flow = useOverHttpFlow()

/** Shorter than the 20 seconds that are the least. */
const interval = [['Keep-Alive-Interval', '5']] as const
const inTime = { timeout: 60_000 }
const NEXT_MS = 30_000

describeFlows('an origin over HTTP that wants to be asked again', () => {
  it.concurrent('is, after 20 seconds of silence', inTime, async () => {
    const answers = [eventsAnswer('TEXT 4\r\nnews\r\n'), eventsAnswer()]
    const socket = await open(flow, answers, { opening: eventsAnswer('OPEN\r\n', interval) })
    const openedMs = performance.now()
    expect(String((await socket.client.next(NEXT_MS)).content)).toBe('news')
    // The origin's answer is a moment older than our looking at the clock, and so is the proxy's timer.
    expect(performance.now() - openedMs).toBeGreaterThan(19_500)
    expect(await socket.body(2)).toBe('')
  })

  it.concurrent('may put off the opening until then', inTime, async () => {
    const path = flow.origin.answers([
      eventsAnswer('', [...interval, ['Set-Meta-A', 'b']]),
      eventsAnswer('OPEN\r\n', [['X-Late', 'yes']]),
    ])
    const head = await (await shake(flow, path)).answered(NEXT_MS)
    expect(head).toMatch(/^HTTP\/1\.1 101 [\s\S]*^X-Late: yes$/im)
    const second = await flow.origin.request(path, 2)
    expect([String(second.body), second.header('meta-a')]).toEqual(['OPEN\r\n', 'b'])
  })

  it.concurrent('may answer a CLOSE then, which it is sent again', inTime, async () => {
    const answers = [eventsAnswer(), eventsAnswer('CLOSE 2\r\n\x0f\xa1\r\n')]
    const socket = await open(flow, answers, { opening: eventsAnswer('OPEN\r\n', interval) })
    socket.close(1000)
    const [close] = await socket.client.rest(NEXT_MS)
    expect(close?.content.readUInt16BE()).toBe(4001)
    expect(await socket.body(3)).toBe(await socket.body(2))
  })
})
