import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin } from '../support/origin.ts'
import { type Running, startTarget } from '../support/target.ts'
import { text } from '../support/webSocket/socketEvent.ts'
import { type SocketOrigin, startSocketOrigin } from '../support/webSocket/socketOrigin.ts'
import { startBrowser } from './support/browser.ts'
import { describeWithProgram } from './support/programs.ts'

const tlsPort = await freePort()

describeWithProgram('chromium', 'Chromium with a WebSocket on its HTTP/2 connection', (program) => {
  let browser: Browser
  let origin: Awaited<ReturnType<typeof startOrigin>>
  let sockets: SocketOrigin
  let server: Running

  beforeAll(async () => {
    browser = await startBrowser(program)
    origin = await startOrigin()
    sockets = await startSocketOrigin()
    server = await startTarget({
      routes: [`*,proto=ws ${sockets.address},over_http`, `* ${origin.address}`],
      conf: { runner: { https_ports: `127.0.0.1:${tlsPort}` } },
      files: {
        [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
        [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
      },
    })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await sockets?.stop()
    await origin?.stop()
  })

  it('opens one beside the page that it has loaded, talks, and closes', async () => {
    const page = await browser.newPage({ ignoreHTTPSErrors: true })
    const pagePath = origin.answer({ headers: { 'Content-Type': 'text/html' }, body: '<!doctype html>' })
    await page.goto(`https://localhost:${tlsPort}${pagePath}`)
    const path = sockets.script({ opening: [text('m:welcome')] })
    const heard = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const messages: unknown[] = []
          const socket = new WebSocket(url)
          socket.onmessage = ({ data }) => {
            messages.push(data)
            socket.send('hello')
            socket.close(4000, 'bye')
          }
          socket.onclose = ({ code, reason, wasClean }) => resolve([...messages, code, reason, wasClean])
        }),
      `wss://localhost:${tlsPort}${path}`,
    )
    expect(heard).toEqual(['welcome', 4000, 'bye', true])
    const end = await sockets.opened(path)
    await end.hears('text hello', 'close 4000 bye')
    // HTTP/1.1 has a key, which an origin over HTTP is shown.
    expect(end.all('Sec-WebSocket-Key')).toEqual([])
  })
})
