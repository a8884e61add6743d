import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { encodeWebSocketEvents, getWebSocketContextFromReq } from '@fanoutio/grip'
import type { Browser } from 'playwright-core'
import SockJS from 'sockjs-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { freePort } from '../support/freePort.ts'
import { uniqueName } from '../support/origin.ts'
import { publish } from '../support/publish.ts'
import { type Running, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
import { startBrowser } from './support/browser.ts'
import { type Listening, listen } from './support/listen.ts'
import { describeWithProgram } from './support/programs.ts'

/** A SockJS client somewhere. */
interface Client {
  /** What happened to it: `open TRANSPORT`, `message TEXT`, `close CODE REASON`. */
  seen(): Promise<readonly string[]>
  send(text: string): Promise<unknown>
  end(): Promise<unknown>
}

type Connect = (url: string, transport: string) => Promise<Client>

/** Tells a page how it was loaded. */
const PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol"

const HARD_TEXT = '"ü☃😀\\\n</script>\u2028 \u0000\ufffe'
const SOCKJS_FILE = createRequire(import.meta.url).resolve('sockjs-client/dist/sockjs.js')

/** Connects as the query says, and notes what happens where tests can read it. */
const PAGE = `<!doctype html><title>interop</title><body><script src="/sockjs.js"></script><script>
  const query = new URLSearchParams(location.search)
  const seen = []
  const socket = new SockJS(query.get('url'), null, { transports: [query.get('transport')] })
  socket.onopen = () => seen.push('open ' + socket.transport)
  socket.onmessage = ({ data }) => seen.push('message ' + data)
  socket.onclose = ({ code, reason }) => seen.push('close ' + code + ' ' + reason)
</script>`

let origin: Server
let pages: Listening
let server: Running
let tlsPort: number

beforeAll(async () => {
  tlsPort = await freePort()
  origin = await startOrigin()
  pages = await listen(servePage)
  const address = `127.0.0.1:${(origin.address() as AddressInfo).port}`
  server = await startTarget({
    routes: [
      `*,path_beg=/native,sockjs=/native,sockjs_as_path=/chat ${address}`,
      `*,path_beg=/http,sockjs=/http,sockjs_as_path=/chat ${address},over_http`,
      `* 127.0.0.1:${pages.port}`,
    ],
    conf: { proxy: { sockjs_url: '/sockjs.js' }, runner: { https_ports: `127.0.0.1:${tlsPort}` } },
    files: {
      [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
    },
  })
})
afterAll(async () => {
  await server?.stop()
  await pages?.stop()
  origin?.closeAllConnections()
  origin?.close()
})

function servePage({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const isScript = url.startsWith('/sockjs.js')
  response.writeHead(200, {
    'Content-Type': isScript ? 'text/javascript; charset=UTF-8' : 'text/html; charset=UTF-8',
  })
  response.end(isScript ? readFileSync(SOCKJS_FILE) : PAGE)
}

/** An origin that subscribes each WebSocket to the channel of its query, and says every message back. */
async function startOrigin(): Promise<Server> {
  const native = new WebSocketServer({ noServer: true })
  native.on('headers', (lines) => lines.push('Sec-WebSocket-Extensions: grip'))
  const http = createServer((request, response) => void answerOverHttp(request, response))
  http.on('upgrade', (request, socket, head) => {
    native.handleUpgrade(request, socket, head, (accepted) => answerNative(request, accepted))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return http
}

function answerNative(request: IncomingMessage, socket: WebSocket): void {
  socket.send(`c:${JSON.stringify({ type: 'subscribe', channel: channelOf(request) })}`)
  socket.on('message', (content: Buffer) => socket.send(`m:${content}`))
  socket.on('error', () => {})
}

async function answerOverHttp(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(incoming)
  const headers = Object.entries(incoming.headers).map(
    ([name, value]) => [name, String(value)] as [string, string],
  )
  const request = new Request(`http://origin${incoming.url}`, { method: 'POST', headers, body })
  const context = await getWebSocketContextFromReq(request)
  if (context.isOpening()) {
    context.accept()
    context.subscribe(channelOf(incoming))
  }
  try {
    for (; context.canRecv(); ) {
      const text = context.recv()
      if (text === null) context.close()
      else context.send(text)
    }
  } catch {
    // The library throws where the client has gone without a word.
  }
  response.writeHead(200, context.toHeaders())
  response.end(encodeWebSocketEvents(context.getOutgoingEvents()))
}

function channelOf({ url = '' }: IncomingMessage): string {
  return new URL(url, 'http://origin').searchParams.get('channel') ?? ''
}

/** Where clients find the server. */
const plain = (): string => `http://127.0.0.1:${server.port}`
const secure = (): string => `https://localhost:${tlsPort}`

/** Has a client say something, hear it and what is published, and see the close. */
async function talk(
  connect: Connect,
  transport: string,
  { mode = 'native', site = plain } = {},
): Promise<void> {
  const channel = uniqueName('sockjs')
  const client = await connect(`${site()}/${mode}?channel=${channel}`, transport)
  const expected: string[] = []
  const sees = async (event: string) => {
    expected.push(event)
    await eventually(
      `${transport} sees ${event}`,
      async () => (await client.seen()).length >= expected.length,
      10_000,
    )
    expect(await client.seen()).toEqual(expected)
  }
  try {
    await sees(`open ${transport}`)
    for (const text of ['hello', HARD_TEXT]) {
      await client.send(text)
      await sees(`message ${text}`)
    }
    await server.subscribed(channel)
    const publishItem = (format: object) => publish(server, { channel, formats: { 'ws-message': format } })
    await publishItem({ content: HARD_TEXT })
    await sees(`message ${HARD_TEXT}`)
    await publishItem({ action: 'close', code: 4321, reason: 'bye' })
    await sees('close 4321 bye')
  } finally {
    await client.end()
  }
}

const MODES = ['native', 'http'] as const

describe('sockjs-client in Node', () => {
  const connect: Connect = async (url, transport) => {
    const seen: string[] = []
    const socket = new SockJS(url, null, { transports: [transport] })
    socket.onopen = () => seen.push(`open ${Reflect.get(socket, 'transport')}`)
    socket.onmessage = ({ data }) => seen.push(`message ${data}`)
    socket.onclose = ({ code, reason }) => seen.push(`close ${code} ${reason}`)
    return {
      seen: async () => seen,
      send: async (text) => socket.send(text),
      end: async () => socket.close(),
    }
  }

  for (const mode of MODES) {
    it.each(['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'])(
      `talks by %s with an origin that is ${mode}`,
      (transport) => talk(connect, transport, { mode }),
      30_000,
    )
  }
})

describeWithProgram('chromium', 'sockjs-client in Chromium', (program) => {
  const TRANSPORTS = ['websocket', 'xhr-streaming', 'eventsource', 'htmlfile', 'xhr-polling', 'jsonp-polling']
  let browser: Browser

  beforeAll(async () => {
    browser = await startBrowser(program)
  })
  afterAll(async () => {
    await browser?.close()
  })

  /** Connects in a page of a site. */
  const connectFrom =
    (site: () => string): Connect =>
    async (url, transport) => {
      const page = await browser.newPage({ ignoreHTTPSErrors: true })
      await page.goto(`${site()}/?url=${encodeURIComponent(url)}&transport=${transport}`)
      expect(await page.evaluate(PROTOCOL)).toBe(site === secure ? 'h2' : 'http/1.1')
      return {
        seen: () => page.evaluate('seen'),
        send: (text) => page.evaluate(`socket.send(${JSON.stringify(text)})`),
        end: () => page.close(),
      }
    }

  const otherSite = connectFrom(() => `http://localhost:${pages.port}`)

  for (const mode of MODES) {
    it.each(TRANSPORTS)(
      `talks by %s with an origin that is ${mode}`,
      (transport) => talk(connectFrom(plain), transport, { mode }),
      30_000,
    )
  }

  it.each([
    'xhr-streaming',
    'eventsource',
    'xhr-polling',
    'jsonp-polling',
    'iframe-eventsource',
    'iframe-htmlfile',
    'iframe-xhr-polling',
  ])('talks by %s from a page of another site', (transport) => talk(otherSite, transport), 30_000)

  it.each(TRANSPORTS)(
    'talks by %s over TLS and HTTP/2',
    (transport) => talk(connectFrom(secure), transport, { site: secure }),
    30_000,
  )
})
