import { EventStream } from '@fanoutio/eventstream'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uniqueName } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'
import { EventLog } from './support/eventLog.ts'
import { type Listening, listen } from './support/listen.ts'

const KEY = 'changeme'

let origin: Listening
let server: Running
let eventStream: EventStream

beforeAll(async () => {
  const application = express()
  origin = await listen(application)
  server = await startTarget({
    routes: [`* 127.0.0.1:${origin.port}`],
    conf: { proxy: { sig_key: KEY } },
  })
  eventStream = new EventStream({
    grip: { control_uri: `http://127.0.0.1:${server.controlPort}`, verify_key: KEY },
  })
  application.get('/events/:id', eventStream('{id}'))
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

describe('@fanoutio/eventstream', () => {
  it('opens an event stream through the proxy and publishes events to it', async () => {
    const channel = uniqueName('news')
    const log = new EventLog(`http://127.0.0.1:${server.port}/events/${channel}`, ['stream-open', 'greeting'])
    await log.until('')
    await server.subscribed(`events-${channel}`)
    await eventStream.publishEvent(channel, { event: 'message', data: { number: 1 } })
    await eventStream.publishEvent(channel, { event: 'greeting', data: { text: 'two\nlines' } })
    await log.until('{"text":"two\\nlines"}')
    log.close()
    expect(log.events.map(({ type, data }) => [type, data])).toEqual([
      ['stream-open', ''],
      ['message', '{"number":1}'],
      ['greeting', '{"text":"two\\nlines"}'],
    ])
  })

  it('hands the events of its writable on in order', async () => {
    const channel = uniqueName('written')
    const log = new EventLog(`http://127.0.0.1:${server.port}/events/${channel}`, ['stream-open'])
    await log.until('')
    await server.subscribed(`events-${channel}`)
    const writable = eventStream.createChannelWritable(channel)
    for (let number = 1; number <= 20; number++) writable.write({ event: 'message', data: { number } })
    writable.end()
    await log.until('{"number":20}')
    log.close()
    expect(log.data.slice(1)).toEqual(Array.from({ length: 20 }, (_, index) => `{"number":${index + 1}}`))
  })

  it('serves a client that connects to the origin directly from the same process', async () => {
    const channel = uniqueName('direct')
    const direct = new EventLog(`http://127.0.0.1:${origin.port}/events/${channel}`, ['stream-open'])
    const proxied = new EventLog(`http://127.0.0.1:${server.port}/events/${channel}`, ['stream-open'])
    await Promise.all([direct.until(''), proxied.until('')])
    await server.subscribed(`events-${channel}`)
    await eventStream.publishEvent(channel, { event: 'message', data: { for: 'both' } })
    await Promise.all([direct.until('{"for":"both"}'), proxied.until('{"for":"both"}')])
    direct.close()
    proxied.close()
    expect(proxied.data).toEqual(direct.data)
  })
})
