import { HttpResponseFormat, HttpStreamFormat, Item, PublishException, Publisher } from '@fanoutio/grip'
import { ServeGrip } from '@fanoutio/serve-grip'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { get, longPoll, openStream } from '../support/client.ts'
import { uniqueName } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'
import { type Listening, listen } from './support/listen.ts'

const KEY = 'a key that proxy and origin share'
const ISSUER = 'interop'
const PREFIX = 'app-'

let origin: Listening
let server: Running
let publisher: Publisher

beforeAll(async () => {
  // The proxy has to know the origin's port and the origin the proxy's: the application joins its server last.
  let application: express.Express
  origin = await listen((request, response) => application(request, response))
  server = await startTarget({
    routes: [`* 127.0.0.1:${origin.port}`],
    conf: { proxy: { sig_iss: ISSUER, sig_key: KEY } },
  })
  const control_uri = `http://127.0.0.1:${server.controlPort}/`
  const serveGrip = new ServeGrip({
    grip: { control_uri, verify_key: KEY, verify_iss: ISSUER },
    prefix: PREFIX,
  })
  publisher = serveGrip.getPublisher()
  application = createApplication(serveGrip)
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

function createApplication(serveGrip: ServeGrip): express.Express {
  const application = express()
  application.use(serveGrip)
  application.get('/who', async (request, response) => {
    const { isProxied, isSigned } = request.grip!
    const verified = await publisher.validateGripSig(request.header('grip-sig') ?? null)
    response.json({ isProxied, isSigned, verified })
  })
  application.get('/stream/:channel', (request, response) => {
    const instruct = response.grip!.startInstruct()
    instruct.addChannel(request.params.channel)
    instruct.setHoldStream()
    instruct.setKeepAlive('(still here)\n', 1)
    response.type('text/plain').send('[open]\n')
  })
  application.get('/poll/:channel', (request, response) => {
    const instruct = response.grip!.startInstruct()
    instruct.addChannel(request.params.channel)
    instruct.setHoldLongPoll(5)
    response.set('X-Origin', 'express').type('text/plain').send('nothing new\n')
  })
  application.get('/poll-304/:channel', (request, response) => {
    const instruct = response.grip!.startInstruct()
    instruct.addChannel(request.params.channel)
    instruct.setHoldLongPoll(5)
    response.status(304).end()
  })
  application.get('/plain', (_request, response) => {
    response.set('X-Origin', 'express').json({ plain: true })
  })
  return application
}

describe('an Express origin with @fanoutio/serve-grip', () => {
  it('gets requests through the proxy and answers them without any instruction', async () => {
    const response = await get(server.port, '/plain')
    expect(response.status).toBe(200)
    expect(response.header('x-origin')).toBe('express')
    expect(JSON.parse(response.text)).toEqual({ plain: true })
  })

  it('holds a stream, to which the Publisher adds text, bytes and an end', async () => {
    const channel = uniqueName('stream')
    const stream = await openStream(server.port, `/stream/${channel}`)
    expect(stream.head.header('content-type')).toMatch(/^text\/plain/)
    expect(stream.head.headers.filter(([name]) => /^grip-/i.test(name))).toEqual([])
    await stream.until('[open]\n')
    await server.subscribed(PREFIX + channel)
    await publisher.publishHttpStream(channel, 'text\n')
    await stream.until('text\n')
    await publisher.publishHttpStream(channel, new HttpStreamFormat(new Uint8Array([0xe2, 0x98, 0x83, 0x0a])))
    await stream.until('☃\n')
    await publisher.publishHttpStream(channel, new HttpStreamFormat(undefined, true))
    const { complete, text } = await stream.ended()
    expect(complete).toBe(true)
    expect(text.replaceAll('(still here)\n', '')).toBe('[open]\ntext\n☃\n')
  })

  it('has its keep-alive text sent to an idle stream', async () => {
    const stream = await openStream(server.port, `/stream/${uniqueName('idle')}`)
    await stream.until('(still here)\n(still here)\n')
    stream.client.destroy()
  })

  it('holds a long poll, which the Publisher answers', async () => {
    const channel = uniqueName('poll')
    const poll = await longPoll(server.port, `/poll/${channel}`)
    await server.subscribed(PREFIX + channel)
    await publisher.publishHttpResponse(channel, 'news\n')
    const response = await poll.answer()
    poll.client.destroy()
    expect([response.status, response.text]).toEqual([200, 'news\n'])
    expect(response.header('x-origin')).toBe('express')
  })

  it('answers a long poll with a code, a reason, headers and bytes of its choice', async () => {
    const channel = uniqueName('poll')
    const poll = await longPoll(server.port, `/poll/${channel}`)
    await server.subscribed(PREFIX + channel)
    // The library hands the code on as it was given, here as a string.
    const body = new Uint8Array([1, 2, 0, 255])
    const format = new HttpResponseFormat('418', 'Short and stout', { 'X-Pot': 'tea' }, body)
    await publisher.publishFormats(channel, format)
    const response = await poll.answer()
    poll.client.destroy()
    expect([response.status, response.reason]).toEqual([418, 'Short and stout'])
    expect(response.header('x-pot')).toBe('tea')
    expect([...response.body]).toEqual([1, 2, 0, 255])
  })

  it.concurrent('has its own answer sent when a long poll times out', async () => {
    const response = await get(server.port, `/poll/${uniqueName('late')}`, { timeoutMs: 10_000 })
    expect([response.status, response.text]).toEqual([200, 'nothing new\n'])
    expect(response.header('x-origin')).toBe('express')
  })

  it.concurrent('can have a long poll time out with 304, which the library puts into Grip-Status', async () => {
    const response = await get(server.port, `/poll-304/${uniqueName('late')}`, { timeoutMs: 10_000 })
    expect([response.status, response.text]).toEqual([304, ''])
  })

  it('hears from its Publisher when the proxy refuses an item', async () => {
    const refused = publisher.publish('any', new Item([]))
    await expect(refused).rejects.toBeInstanceOf(PublishException)
    const { context } = (await refused.catch((error: unknown) => error)) as PublishException
    expect(context.statusCode).toBe(400)
    expect(context.httpBody).toBe('Invalid format: no formats specified\n')
  })

  it('may publish with the Authorization header that a GRIP_URL with iss and key makes', async () => {
    const grip = new Publisher(`http://127.0.0.1:${server.controlPort}/?iss=${ISSUER}&key=base64:c2VjcmV0`)
    await expect(grip.publishHttpStream(uniqueName('nobody'), 'x')).resolves.toBeUndefined()
  })
})

describe('Grip-Sig, as @fanoutio/grip verifies it', () => {
  const verifiedFlags = { isProxied: true, needsSigned: true, isSigned: true }
  const refusedFlags = { isProxied: false, needsSigned: true, isSigned: false }
  const ask = async (port: number, headers: Record<string, string> = {}) =>
    JSON.parse((await get(port, '/who', { headers })).text)

  it('is valid on every request that comes through the proxy', async () => {
    expect(await ask(server.port)).toEqual({ isProxied: true, isSigned: true, verified: verifiedFlags })
  })

  it('is not taken from a client: the proxy puts its own in the place of a forged one', async () => {
    expect(await ask(server.port, { 'Grip-Sig': 'forged' })).toMatchObject({ verified: verifiedFlags })
  })

  it('is missing on a direct request, which therefore does not count as proxied', async () => {
    const { isProxied, isSigned, verified } = await ask(origin.port)
    expect([isProxied, isSigned, verified.isProxied]).toEqual([false, false, false])
  })

  it('is refused on a direct request when somebody else has made it', async () => {
    // serve-grip 2.0 does not wait for its own verification, so only the library's answer counts here.
    const forged = `${signedElsewhere.header}.${signedElsewhere.claims}.${signedElsewhere.signature}`
    expect((await ask(origin.port, { 'Grip-Sig': forged })).verified).toEqual(refusedFlags)
  })
})

/** A token with our issuer and a far expiry, signed by nobody. */
const signedElsewhere = {
  header: Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url'),
  claims: Buffer.from(JSON.stringify({ iss: ISSUER, exp: 4_000_000_000 })).toString('base64url'),
  signature: Buffer.alloc(32).toString('base64url'),
}
