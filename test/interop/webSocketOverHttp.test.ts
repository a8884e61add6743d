import { createServer, type Server } from 'node:http'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket as WsWebSocket } from 'ws'
import { freePort } from '../support/freePort.ts'
import { uniqueName } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'
import { startBrowser } from './support/browser.ts'
import {
  type ChatOptions,
  createFaasGripChat,
  createLegacyGripChat,
  createServeGripChat,
} from './support/chat.ts'
import {
  type ChatClient,
  end,
  hears,
  loadStandardWebSocket,
  PageChatClient,
  SocketChatClient,
} from './support/chatClient.ts'
import { describeWithProgram } from './support/programs.ts'

const KEY = 'shared-by-proxy-and-origin'
const ISSUER = 'interop'

const CHATS = ['serve-grip', 'faas-grip', 'legacy-grip'] as const
type ChatName = (typeof CHATS)[number]

let server: Running
const origins: Server[] = []
const ports = {
  'serve-grip': await freePort(),
  'faas-grip': await freePort(),
  'legacy-grip': await freePort(),
}

beforeAll(async () => {
  server = await startTarget({
    routes: CHATS.map((name) => `*,path_beg=/${name} 127.0.0.1:${ports[name]},over_http`),
    conf: { proxy: { sig_iss: ISSUER, sig_key: KEY } },
  })
  const controlUri = `http://127.0.0.1:${server.controlPort}/`
  // faas-grip finds its publisher here.
  vi.stubEnv('GRIP_URL', `${controlUri}?iss=${ISSUER}&key=${KEY}`)
  const optionsOf = (name: ChatName): ChatOptions => ({
    channel: uniqueName(name),
    controlUri,
    key: KEY,
    issuer: ISSUER,
  })
  const servers = {
    'serve-grip': createServer(createServeGripChat(optionsOf('serve-grip'))),
    'faas-grip': createFaasGripChat(optionsOf('faas-grip')),
    'legacy-grip': createLegacyGripChat(optionsOf('legacy-grip')),
  }
  for (const name of CHATS) {
    await new Promise<void>((resolve) => servers[name].listen(ports[name], '127.0.0.1', resolve))
    origins.push(servers[name])
  }
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server?.stop()
  for (const origin of origins) {
    origin.closeAllConnections()
    origin.close()
  }
})

const urlOf = (name: ChatName) => `ws://127.0.0.1:${server.port}/${name}`
const joinWithWs = (name: ChatName) => new SocketChatClient(new WsWebSocket(urlOf(name)))

/** Two talk, each with a name of their own, and one leaves. */
async function talk(ann: ChatClient, bob: ChatClient): Promise<void> {
  await hears(ann, 'welcome')
  await hears(bob, 'welcome')
  await ann.say('/nick ann')
  await hears(ann, 'welcome', 'you are ann')
  await ann.say('hello')
  await hears(bob, 'welcome', 'ann: hello')
  await bob.say('☃')
  await hears(bob, 'welcome', 'ann: hello', 'somebody: ☃')
  await hears(ann, 'welcome', 'you are ann', 'ann: hello', 'somebody: ☃')
  await ann.close(1000)
  expect(await end(ann)).toEqual({ code: 1000, wasClean: true })
  await hears(bob, 'welcome', 'ann: hello', 'somebody: ☃', 'ann left with 1000')
  await bob.close(1000)
  expect(await end(bob)).toEqual({ code: 1000, wasClean: true })
}

describe.each(CHATS)('a chat with %s over HTTP', (name) => {
  it('serves clients of the package ws', () => talk(joinWithWs(name), joinWithWs(name)))

  it("serves clients with Node's WebSocket", async () => {
    const StandardWebSocket = await loadStandardWebSocket()
    const join = () => new SocketChatClient(new StandardWebSocket(urlOf(name)))
    return talk(join(), join())
  })

  it('hears of a client that is lost, whom it knows by its meta', async () => {
    const [ann, bob] = [joinWithWs(name), joinWithWs(name)]
    await hears(ann, 'welcome')
    await hears(bob, 'welcome')
    ann.say('/nick ann')
    await hears(ann, 'welcome', 'you are ann')
    ;(ann.socket as WsWebSocket).terminate()
    await hears(bob, 'welcome', 'ann was lost')
    bob.close(1000)
    await end(bob)
  })

  it('hears each of many messages once and in order', async () => {
    const ann = joinWithWs(name)
    await hears(ann, 'welcome')
    const texts = Array.from({ length: 200 }, (_, i) => `message ${i}`)
    for (const text of texts) ann.say(text)
    await hears(ann, 'welcome', ...texts.map((text) => `somebody: ${text}`))
    ann.close(1000)
    await end(ann)
  })
})

describeWithProgram('chromium', "Chromium's WebSocket", (program) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser(program)
  })
  afterAll(() => browser?.close())

  it.each(CHATS)('talks in a chat with %s over HTTP', async (name) => {
    const pages = [await browser.newPage(), await browser.newPage()]
    const [ann, bob] = await Promise.all(pages.map((page) => PageChatClient.open(page, urlOf(name))))
    await talk(ann!, bob!)
    for (const page of pages) await page.close()
  })
})
