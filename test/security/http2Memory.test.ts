import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { Flow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { publishCounted, streamItem } from '../support/publish.ts'
import { startTarget } from '../support/target.ts'
import { within } from '../support/waiting.ts'

/** More than one HTTP/2 connection may take, and less than one client may. */
const ITEM_BYTES = 12_000_000

const flow = new Flow()
let session: ClientHttp2Session

beforeAll(async () => {
  const port = await freePort()
  flow.origin = await startOrigin()
  flow.server = await startTarget({
    routes: [`* ${flow.origin.address}`],
    conf: {
      runner: { https_ports: `127.0.0.1:${port}`, client_send_buffer: 4 * ITEM_BYTES },
      handler: { push_in_http_max_body_size: 2 * ITEM_BYTES },
    },
    files: {
      [`runner/certs/default_${port}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${port}.key`]: DEFAULT_CERTIFICATE.key,
    },
  })
  session = connect(`https://localhost:${port}`, { ca: DEFAULT_CERTIFICATE.cert })
  session.on('error', () => {})
})

afterAll(async () => {
  session?.destroy()
  await flow.server?.stop()
  await flow.origin?.stop()
})

function heldPath(channel: string): string {
  const headers: [string, string][] = [
    ['Grip-Hold', 'stream'],
    ['Grip-Channel', channel],
  ]
  return flow.origin.answer({ headers })
}

/** The code with which a further request on the connection ends, or its status. */
function ask(path: string): Promise<string> {
  const request = session.request({ ':path': path })
  const outcome = new Promise<string>((resolve) => {
    request.on('response', (fields) => resolve(`answered ${fields[':status']}`))
    request.on('error', () => {})
    request.on('close', () => resolve(`ended with ${request.rstCode}`))
  })
  return within(outcome, 10_000, () => 'the end of the request')
}

describe('an HTTP/2 connection', () => {
  it('whose client leaves more unread than it may take has further streams refused, and them alone', async () => {
    const channel = uniqueName('memory')
    const held = session.request({ ':path': heldPath(channel) })
    await within(new Promise((resolve) => held.once('response', resolve)), 5000, () => 'the held stream')
    held.pause()
    await publishCounted(flow.server.controlPort, [streamItem(channel, 'x'.repeat(ITEM_BYTES))])
    expect(await ask(flow.origin.answer({ body: 'x' }))).toBe(
      `ended with ${constants.NGHTTP2_ENHANCE_YOUR_CALM}`,
    )
    let received = 0
    const whole = new Promise<void>((resolve) => {
      held.on('data', (chunk: Buffer) => {
        received += chunk.length
        if (received === ITEM_BYTES) resolve()
      })
    })
    held.resume()
    await within(whole, 10_000, () => `the rest of the item after ${received} bytes`)
    expect(await ask(flow.origin.answer({ body: 'x' }))).toBe('answered 200')
  })
})
