import { EventSource } from 'eventsource'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ScriptedOrigin, startOrigin, uniqueName } from '../support/origin.ts'
import { publish, streamItem } from '../support/publish.ts'
import { type Running, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
import { EventLog } from './support/eventLog.ts'
import { subscribedAgain } from './support/subscribedAgain.ts'

let origin: ScriptedOrigin
let server: Running

beforeAll(async () => {
  origin = await startOrigin()
  server = await startTarget({ routes: [`* ${origin.address}`] })
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

/** Makes a path that holds an event stream on the channel; clients that lose it come back after 100 ms. */
function eventPath(channel: string, headers: Record<string, string> = {}): string {
  return origin.answer({
    headers: {
      'Content-Type': 'text/event-stream',
      'Grip-Hold': 'stream',
      'Grip-Channel': channel,
      ...headers,
    },
    body: 'retry: 100\ndata: welcome\n\n',
  })
}

function eventItem(channel: string, content: string | Buffer): Record<string, unknown> {
  if (typeof content === 'string') return streamItem(channel, content)
  return streamItem(channel, { 'content-bin': content.toString('base64') })
}

describe('the npm package eventsource', () => {
  it('connects and gets named events, ids and data of several lines', async () => {
    const channel = uniqueName('events')
    const log = new EventLog(`http://127.0.0.1:${server.port}${eventPath(channel)}`, ['named'])
    await log.until('welcome')
    await server.subscribed(channel)
    await publish(server, eventItem(channel, 'event: named\nid: 7\ndata: first\ndata: second\n\n'))
    const event = await log.until('first\nsecond')
    log.close()
    expect(event).toEqual({ type: 'named', data: 'first\nsecond', lastEventId: '7' })
    expect(log.opened).toBe(1)
  })

  it('puts an event together that was published in pieces, even within a character', async () => {
    const channel = uniqueName('pieces')
    const log = new EventLog(`http://127.0.0.1:${server.port}${eventPath(channel)}`)
    await log.until('welcome')
    await server.subscribed(channel)
    const bytes = Buffer.from('data: ☃\n\n')
    await publish(server, eventItem(channel, bytes.subarray(0, 7)), eventItem(channel, bytes.subarray(7)))
    await log.until('☃')
    log.close()
  })

  it('connects again after a published close, tells the origin the last id, and misses nothing after', async () => {
    const channel = uniqueName('closed')
    const path = eventPath(channel)
    const log = new EventLog(`http://127.0.0.1:${server.port}${path}`)
    await log.until('welcome')
    await server.subscribed(channel)
    await publish(server, eventItem(channel, 'id: 41\ndata: before\n\n'))
    await log.until('before')
    await publish(server, streamItem(channel, { action: 'close' }))
    await log.untilOpened(2)
    const request = await origin.request(path, 2)
    expect(request.header('last-event-id')).toBe('41')
    await subscribedAgain(server, channel)
    await publish(server, eventItem(channel, 'data: after\n\n'))
    await log.until('after')
    log.close()
    expect(log.data).toEqual(['welcome', 'before', 'welcome', 'after'])
  })

  it('gets keep-alives: events are seen, comments only keep the stream open', async () => {
    const asEvents = { 'Grip-Keep-Alive': 'data: alive\\n\\n; format=cstring; timeout=1' }
    const asComments = { 'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=1' }
    const seen = new EventLog(`http://127.0.0.1:${server.port}${eventPath(uniqueName('seen'), asEvents)}`)
    const unseen = new EventLog(`http://127.0.0.1:${server.port}${eventPath(uniqueName('un'), asComments)}`)
    await eventually('three keep-alives', () => seen.data.filter((data) => data === 'alive').length >= 3)
    expect(unseen.data).toEqual(['welcome'])
    expect([seen.opened, seen.errors, unseen.opened, unseen.errors]).toEqual([1, 0, 1, 0])
    seen.close()
    unseen.close()
  })

  it('gives up for good when the origin answers 204', async () => {
    const log = new EventLog(`http://127.0.0.1:${server.port}${origin.answer({ status: 204 })}`)
    await eventually('the end', () => log.source.readyState === EventSource.CLOSED)
    expect([log.opened, log.errors]).toEqual([0, 1])
  })

  it('leaves: its subscription ends with it', async () => {
    const channel = uniqueName('left')
    const path = eventPath(channel)
    const staying = new EventLog(`http://127.0.0.1:${server.port}${path}`)
    const leaving = new EventLog(`http://127.0.0.1:${server.port}${path}`)
    await Promise.all([staying.until('welcome'), leaving.until('welcome')])
    await server.subscribed(channel, 2)
    leaving.close()
    await publish(server, eventItem(channel, 'data: for one\n\n'))
    await staying.until('for one')
    staying.close()
    expect(leaving.data).toEqual(['welcome'])
  })
})
