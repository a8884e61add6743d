import { createRequire } from 'node:module'
import { Publisher } from '@fanoutio/grip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStream } from '../support/client.ts'
import { type ScriptedOrigin, startOrigin, uniqueName } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'

/** CommonJS, without types of its own. */
const legacyGrip = createRequire(import.meta.url)('grip')
const { Item } = createRequire(import.meta.url)('pubcontrol')

const KEY = 'base64:AP/+c2VjcmV0IGtleSBvZiAzMiBieXRlcyE='
const ESCAPED = encodeURIComponent(KEY)

describe('a locked control port takes what is published with GRIP_URL by', () => {
  let origin: ScriptedOrigin
  let server: Running
  beforeAll(async () => {
    origin = await startOrigin()
    server = await startTarget({
      routes: [`* ${origin.address}`],
      conf: { control: { auth_key: KEY, auth_basic: 'me:pass' } },
    })
  })
  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
  })

  async function expectNews(publish: (channel: string) => Promise<unknown>): Promise<void> {
    const channel = uniqueName('news')
    const path = origin.answer({
      headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel },
      body: '[open]\n',
    })
    const stream = await openStream(server.port, path)
    await server.subscribed(channel)
    await publish(channel)
    await stream.until('news\n')
    stream.client.destroy()
  }

  it.each([
    ['a key', () => `http://localhost:${server.controlPort}/?key=${ESCAPED}`],
    ['an issuer and a key', () => `http://localhost:${server.controlPort}/?iss=me&key=${ESCAPED}`],
    ['user and password', () => `http://me:pass@localhost:${server.controlPort}/`],
  ])('@fanoutio/grip with %s', async (_what, url) => {
    await expectNews((channel) => new Publisher(url()).publishHttpStream(channel, 'news\n'))
  })

  it('the older grip with an issuer and a key', async () => {
    const control = new legacyGrip.GripPubControl(
      legacyGrip.parseGripUri(`http://localhost:${server.controlPort}/?iss=me&key=${ESCAPED}`),
    )
    const item = new Item(new legacyGrip.HttpStreamFormat('news\n'))
    await expectNews(
      (channel) =>
        new Promise((resolve, reject) => {
          control.publish(channel, item, (success: boolean, message: string) =>
            success ? resolve(undefined) : reject(new Error(message)),
          )
        }),
    )
  })

  it('none of them without the right key', async () => {
    const publisher = new Publisher(`http://localhost:${server.controlPort}/?key=wrong`)
    await expect(publisher.publishHttpStream('c', 'x')).rejects.toMatchObject({
      context: { statusCode: 401 },
    })
  })
})
