import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { get, longPoll, openStream } from '../support/client.ts'
import { type ScriptedOrigin, startOrigin, uniqueName } from '../support/origin.ts'
import { describeFlows, type Running, startTarget, target } from '../support/target.ts'

/** CommonJS, whose types are those of a module. */
const PubControl = createRequire(import.meta.url)('@fanoutio/pubcontrol')
const { Format, Item } = PubControl

/** A format as the package's own example makes one. */
class JsonFormat extends Format {
  readonly #name: string
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(name: string, fields: Readonly<Record<string, unknown>>) {
    super()
    this.#name = name
    this.#fields = fields
  }

  name(): string {
    return this.#name
  }

  export(): Readonly<Record<string, unknown>> {
    return this.#fields
  }
}

const stream = (content: string) => new JsonFormat('http-stream', { content })
const response = (body: string) => new JsonFormat('http-response', { body })

let origin: ScriptedOrigin
beforeAll(async () => {
  origin = await startOrigin()
})
afterAll(() => origin?.stop())

const holdPath = (mode: string, channel: string) =>
  origin.answer({ headers: { 'Grip-Hold': mode, 'Grip-Channel': channel } })

async function expectNews(server: Running, publisher: any): Promise<void> {
  const channel = uniqueName('news')
  const held = await openStream(server.port, holdPath('stream', channel))
  await server.subscribed(channel)
  await publisher.publish(channel, new Item(stream('news\n')))
  await held.until('news\n')
  held.client.destroy()
}

describeFlows('@fanoutio/pubcontrol', () => {
  let server: Running
  let uri: string
  beforeAll(async () => {
    server = await startTarget({ routes: [`* ${origin.address}`] })
    uri = `http://127.0.0.1:${server.controlPort}/`
  })
  afterAll(() => server?.stop())

  it('publishes to streams', async () => {
    await expectNews(server, new PubControl({ uri }))
  })

  it('publishes an item with several formats and an id', async () => {
    const channel = uniqueName('both')
    const held = await openStream(server.port, holdPath('stream', channel))
    await server.subscribed(channel)
    const poll = await longPoll(server.port, holdPath('response', channel))
    await server.subscribed(channel, 2)
    const item = new Item([stream('line\n'), response('body')], uniqueName('id'))
    await new PubControl({ uri }).publish(channel, item)
    await held.until('line\n')
    expect((await poll.answer()).text).toBe('body')
    held.client.destroy()
  })

  it('publishes to every server that it is told of, whether or not another is away', async () => {
    const dead = { uri: 'http://127.0.0.1:1/' }
    const channel = uniqueName('news')
    const held = await openStream(server.port, holdPath('stream', channel))
    await server.subscribed(channel)
    const publishing = new PubControl([dead, { uri }]).publish(channel, new Item(stream('news\n')))
    await expect(publishing).rejects.toThrow('fetch failed')
    await held.until('news\n')
    held.client.destroy()
  })

  it('keeps its connection and sends many items on it in order', async () => {
    const channel = uniqueName('many')
    const held = await openStream(server.port, holdPath('stream', channel))
    await server.subscribed(channel)
    const publisher = new PubControl({ uri })
    for (let i = 0; i < 50; i++) await publisher.publish(channel, new Item(stream(`${i};`)))
    expect(await held.until('49;')).toBe(Array.from({ length: 50 }, (_, i) => `${i};`).join(''))
    held.client.destroy()
  })

  it('is told what is wrong with an item', async () => {
    const wrong = new PubControl({ uri }).publish('c', new Item(new JsonFormat('http-stream', {})))
    await expect(wrong).rejects.toMatchObject({
      context: { statusCode: 400, httpBody: expect.stringContaining("does not contain 'content'") },
    })
  })
})

describe.runIf(target.name === 'holdfast')('@fanoutio/pubcontrol with a locked control port', () => {
  const key = 'a long secret that nobody knows'
  let server: Running
  let uri: string
  beforeAll(async () => {
    server = await startTarget({
      routes: [`* ${origin.address}`],
      conf: { control: { auth_key: key, auth_iss: 'me', auth_basic: 'user:password' } },
    })
    uri = `http://127.0.0.1:${server.controlPort}/`
  })
  afterAll(() => server?.stop())

  it('comes in with a token signed with the key', async () => {
    await expectNews(server, new PubControl({ uri, iss: 'me', key }))
  })

  it('comes in with user and password', async () => {
    const client = new PubControl.PubControlClient(uri)
    client.setAuthBasic('user', 'password')
    const publisher = new PubControl()
    publisher.addClient(client)
    await expectNews(server, publisher)
  })

  it.each([
    ['no key', {}],
    ['another key', { iss: 'me', key: 'another' }],
    ['another issuer', { iss: 'you', key }],
  ])('stays out with %s', async (_what, credentials) => {
    const publishing = new PubControl({ uri, ...credentials }).publish('c', new Item(stream('x')))
    await expect(publishing).rejects.toMatchObject({ context: { statusCode: 401 } })
    expect((await get(server.controlPort, '/')).status).toBe(200)
  })
})
