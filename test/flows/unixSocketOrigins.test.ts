import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { useFlow } from '../support/flow.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { dropClients, SocketClient, shakeHands } from '../support/webSocket/socketClient.ts'
import { text } from '../support/webSocket/socketEvent.ts'
import { socketItem } from '../support/webSocket/socketFlow.ts'
import { startSocketOrigin } from '../support/webSocket/socketOrigin.ts'

const itReaches = holdfastOnly(it, 'Pushpin has no targets behind unix sockets')
const folder = mkdtempSync(join(tmpdir(), 'unix-'))
const local = await startOrigin({ socketPath: join(folder, 'app.sock') })
const tls = await startOrigin({ socketPath: join(folder, 'tls.sock'), certificate: DEFAULT_CERTIFICATE })
const sockets = await startSocketOrigin({ socketPath: join(folder, 'ws.sock') })
const missing = `unix:${join(folder, 'missing.sock')}`

afterAll(async () => {
  dropClients()
  await Promise.all([local.stop(), tls.stop(), sockets.stop()])
  rmSync(folder, { recursive: true })
})

const flow = useFlow(
  (origin) => [
    `* ${local.address}`,
    // The routes file lies in a folder of its own beside ours.
    `*,path_beg=/beside unix:../${basename(folder)}/app.sock`,
    `*,path_beg=/renamed ${local.address},host=inner.test`,
    `*,path_beg=/plain,no_grip ${local.address}`,
    `*,path_beg=/tls ${tls.address},ssl,insecure`,
    `*,path_beg=/checked ${tls.address},ssl`,
    `*,path_beg=/native ${sockets.address}`,
    `*,path_beg=/http ${sockets.address},over_http`,
    `*,path_beg=/passed,no_grip ${sockets.address}`,
    `*,path_beg=/missing,debug ${missing}`,
    `*,path_beg=/quiet ${missing}`,
    `*,path_beg=/second ${missing} ${origin}`,
    `*,path_beg=/plain/second,no_grip ${missing} ${origin}`,
    `*,path_beg=/plain/missing,no_grip,debug ${missing}`,
  ],
  { conf: { handler: { update_on_first_subscription: false } } },
)

/** Opens a WebSocket to the origin of WebSockets. */
async function joined(under: string, script: Parameters<typeof sockets.script>[0] = {}) {
  const path = sockets.script(script, under)
  const client = await shakeHands(flow.server.port, path)
  if (!(client instanceof SocketClient)) throw new Error(`refused: ${client.status} ${client.body}`)
  return { client, origin: await sockets.opened(path), path }
}

describeFlows('an origin behind a unix socket', () => {
  itReaches.each([
    ['', 'its path'],
    ['/beside', 'a path beside the routes file'],
    ['/plain', 'its path, without GRIP'],
    ['/tls', 'its path, by TLS'],
  ])('is reached by a route %s (%s), and sees the Host of the client', async (under) => {
    const origin = under === '/tls' ? tls : local
    const path = origin.answer({ status: 201, headers: { 'X-Own': 'yes' }, body: 'from the socket' }, under)
    const options = { method: 'POST', body: 'content', host: 'outer.test' }
    const response = await flow.get(`${path}?q=1`, options)
    expect([response.status, response.header('x-own'), response.text]).toEqual([
      201,
      'yes',
      'from the socket',
    ])
    const seen = await origin.request(path)
    expect([seen.method, seen.target, seen.header('host')]).toEqual(['POST', `${path}?q=1`, 'outer.test'])
    expect(seen.body.toString()).toBe('content')
  })

  itReaches('sees the Host that its target names', async () => {
    const path = local.answer({ body: 'seen' }, '/renamed')
    await flow.get(path)
    expect((await local.request(path)).header('host')).toBe('inner.test')
  })

  itReaches('is not asked by TLS when its certificate is for somebody else', async () => {
    const path = tls.answer({ body: 'secret' }, '/checked')
    expect((await flow.get(path)).status).toBe(502)
    expect(tls.requests(path)).toEqual([])
  })

  itReaches('holds streams', async () => {
    const channel = uniqueName('channel')
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': channel }
    const stream = await flow.openStream(local.answer({ headers, body: 'hello ' }))
    await flow.server.subscribed(channel)
    await flow.publish(streamItem(channel, { content: 'news' }))
    await stream.until('hello news')
    stream.client.destroy()
  })

  itReaches('holds long polls', async () => {
    const channel = uniqueName('channel')
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': channel }
    const poll = await flow.longPoll(local.answer({ headers }))
    await flow.server.subscribed(channel)
    await flow.publish({ channel, formats: { 'http-response': { body: 'news' } } })
    expect((await poll.answer()).text).toBe('news')
  })

  itReaches('is asked for next links', async () => {
    const next = local.answer({ body: 'two' })
    const path = local.answer({ headers: { 'Grip-Link': `<${next}>; rel=next` }, body: 'one ' })
    expect((await flow.get(path)).text).toBe('one two')
  })

  itReaches.each(['/native', '/http', '/passed'])('has WebSockets by a route %s', async (under) => {
    const { client, origin } = await joined(under, under === '/passed' ? { headers: [] } : {})
    client.send('hello')
    await origin.hears('text hello')
    client.socket.close(1000, 'bye')
    await client.hears('close 1000 bye')
  })

  itReaches.each(['/native', '/http'])('subscribes WebSockets by a route %s', async (under) => {
    const channel = uniqueName('channel')
    const opening = [text(`c:${JSON.stringify({ type: 'subscribe', channel })}`)]
    const { client } = await joined(under, { opening })
    await flow.server.subscribed(channel)
    await flow.publish(socketItem(channel, 'news'))
    await client.hears('text news')
    client.drop()
  })
})

describeFlows('a unix socket that is not there', () => {
  itReaches('gives 502 with the usual text', async () => {
    const response = await flow.get('/quiet')
    expect([response.status, response.text]).toEqual([502, 'Error while proxying to origin.\n'])
  })

  itReaches('is named where errors are explained', async () => {
    const response = await flow.get('/missing')
    expect([response.status, response.text]).toEqual([
      502,
      `Unable to connect to any targets. Tried: ${missing}\n`,
    ])
    expect(flow.server.logs()).toContain(`origin ${missing}: connect ENOENT`)
    const plain = await flow.get('/plain/missing')
    expect(plain.status).toBe(502)
    expect(plain.text).toContain(`origin ${missing}: connect ENOENT`)
  })

  itReaches.each(['/second', '/plain/second'])('has the next target tried (%s)', async (under) => {
    expect((await flow.answered({ body: 'from the second' }, under)).text).toBe('from the second')
  })

  itReaches('refuses WebSockets with 502', async () => {
    const answer = await shakeHands(flow.server.port, '/quiet/socket')
    expect(answer).toMatchObject({ status: 502 })
  })
})
