import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { get, longPoll, openStream } from '../support/client.ts'
import { uniqueName } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'
import { type Listening, listen } from './support/listen.ts'

/** CommonJS, and its own types cover less than half of it. */
const require = createRequire(import.meta.url)
const grip = require('grip')
const { Item } = require('pubcontrol')

const KEY = 'changeme'

let origin: Listening
let server: Running
let pubControl: any

beforeAll(async () => {
  origin = await listen((request, response) => {
    const [, kind, channel] = request.url!.split('/')
    if (!grip.validateSig(request.headers['grip-sig'] ?? '', KEY)) {
      response.writeHead(401).end('invalid grip-sig token\n')
    } else if (kind === 'stream') {
      const headers = { 'Content-Type': 'text/plain', 'X-Via': 'instruct' }
      const start = new grip.Response({ headers, body: '[open]\n' })
      response.writeHead(200, { 'Content-Type': 'application/grip-instruct' })
      response.end(grip.createHoldStream(channel, start))
    } else if (kind === 'poll') {
      response.writeHead(200, { 'Content-Type': 'application/grip-instruct' })
      response.end(grip.createHoldResponse(channel, 'nothing new\n', 5))
    } else {
      const channels = [new grip.Channel(channel), new grip.Channel(`${channel}-too`)]
      response.writeHead(200, {
        'Grip-Hold': 'response',
        'Grip-Channel': grip.createGripChannelHeader(channels),
      })
      response.end()
    }
  })
  server = await startTarget({
    routes: [`* 127.0.0.1:${origin.port}`],
    conf: { proxy: { sig_key: KEY } },
  })
  pubControl = new grip.GripPubControl(
    grip.parseGripUri(`http://127.0.0.1:${server.controlPort}/?iss=a&key=b`),
  )
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

/** Calls a publish method and answers the parts of its callback. */
function publish(
  method: string,
  channel: string,
  what: unknown,
): Promise<{ success: boolean; message: string | null }> {
  return new Promise((resolve) => {
    pubControl[method](channel, what, (success: boolean, message: string | null) =>
      resolve({ success, message }),
    )
  })
}

describe('the legacy grip package', () => {
  it('verifies the Grip-Sig of proxied requests and finds none on a direct one', async () => {
    const poll = await longPoll(server.port, `/header/${uniqueName('signed')}`)
    const direct = await get(origin.port, '/header/any')
    poll.client.destroy()
    expect([direct.status, direct.text]).toEqual([401, 'invalid grip-sig token\n'])
  })

  it('holds a stream with createHoldStream and writes to it with publishHttpStream', async () => {
    const channel = uniqueName('stream')
    const stream = await openStream(server.port, `/stream/${channel}`)
    await stream.until('[open]\n')
    expect(stream.head.header('content-type')).toBe('text/plain')
    expect(stream.head.header('x-via')).toBe('instruct')
    await server.subscribed(channel)
    expect(await publish('publishHttpStream', channel, 'one\n')).toEqual({ success: true, message: null })
    expect(await publish('publishHttpStream', channel, Buffer.from('two\n'))).toMatchObject({ success: true })
    expect(await stream.until('two\n')).toBe('[open]\none\ntwo\n')
    stream.client.destroy()
  })

  it('ends a stream with HttpStreamFormat.close', async () => {
    const channel = uniqueName('stream')
    const stream = await openStream(server.port, `/stream/${channel}`)
    await server.subscribed(channel)
    await publish('publishHttpStream', channel, new grip.HttpStreamFormat(null, true))
    expect(await stream.ended()).toEqual({ complete: true, text: '[open]\n' })
  })

  it('holds a long poll with createHoldResponse and answers it with publishHttpResponse', async () => {
    const channel = uniqueName('poll')
    const poll = await longPoll(server.port, `/poll/${channel}`)
    await server.subscribed(channel)
    expect(await publish('publishHttpResponse', channel, 'news\n')).toEqual({ success: true, message: null })
    const response = await poll.answer()
    poll.client.destroy()
    expect([response.status, response.text]).toEqual([200, 'news\n'])
  })

  it('answers with code, reason, headers and bytes of an HttpResponseFormat', async () => {
    const channel = uniqueName('header')
    const poll = await longPoll(server.port, `/header/${channel}`)
    await server.subscribed(`${channel}-too`)
    const format = new grip.HttpResponseFormat(503, 'Later', { 'Retry-After': '1' }, Buffer.from([0, 255]))
    await publish('publishHttpResponse', `${channel}-too`, format)
    const response = await poll.answer()
    poll.client.destroy()
    expect([response.status, response.reason, response.header('retry-after')]).toEqual([503, 'Later', '1'])
    expect([...response.body]).toEqual([0, 255])
  })

  it('tells its caller why an item was refused', async () => {
    const { success, message } = await publish('publish', 'any', new Item([]))
    expect(success).toBe(false)
    expect(message).toContain('Invalid format: no formats specified')
  })

  it('has the stored answer sent when its long poll times out', async () => {
    const response = await get(server.port, `/poll/${uniqueName('late')}`, { timeoutMs: 10_000 })
    expect([response.status, response.text]).toEqual([200, 'nothing new\n'])
  })
})
