import { expect, it } from 'vitest'
import type { RequestOptions } from '../support/client.ts'
import { get } from '../support/client.ts'
import { FASTLY_CONF, FASTLY_KEY } from '../support/fastlyConf.ts'
import { useFlow } from '../support/flow.ts'
import { decodeToken, isSignedWith } from '../support/gripSig.ts'
import { uniqueName } from '../support/origin.ts'
import { eventOf, eventsAnswer, open } from '../support/overHttp.ts'
import { postItems, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'

const { push_in_http_addr: _open, ...handler } = FASTLY_CONF['handler']!
const flow = useFlow(
  (origin) => [
    `id=site ${origin},over_http`,
    `id=below,replace_beg=/base ${origin},over_http`,
    `id=vhost ${origin},over_http,host=inner.example`,
  ],
  { conf: { proxy: FASTLY_CONF['proxy']!, handler: { ...handler, stats_spec: '' } } },
)

/** The local Fanout hands a client's request over with the backend's name in a header. */
const handedTo = (backend: string, options: RequestOptions = {}): RequestOptions => {
  return { ...options, headers: { ...(options.headers as object), 'Pushpin-Route': backend } }
}
const site = handedTo('site')

/** Publishes as clients of Fastly's API do. */
const publishAtService = (...items: readonly unknown[]) =>
  get(flow.server.controlPort, '/service/abc123/publish/', {
    method: 'POST',
    headers: { 'Fastly-Key': 'token', 'Content-Type': 'application/json' },
    body: JSON.stringify({ items }),
  })

describeFlows('with the configuration of the Fastly CLI, a request', () => {
  it.each([['GET'], ['DELETE'], ['OPTIONS']])('by %s reaches the backend that it names', async (method) => {
    const { method: seen, target } = await flow.seen('', { ...handedTo('site', { method }), query: '?a=b' })
    expect(seen).toBe(method)
    expect(target).toMatch(/\?a=b$/)
  })

  it.each([['POST'], ['PUT'], ['PATCH']])('by %s brings its body along', async (method) => {
    const { method: seen, body } = await flow.seen('', handedTo('site', { method, body: 'content' }))
    expect([seen, String(body)]).toEqual([method, 'content'])
  })

  it('is signed as the local Fanout', async () => {
    const token = (await flow.seen('', site)).header('grip-sig')!
    expect(isSignedWith(token, FASTLY_KEY)).toBe(true)
    expect(decodeToken(token).claims.iss).toBe('viceroy')
  })

  it('gets the path of a backend that has one in front of its own', async () => {
    expect((await flow.seen('', handedTo('below'))).target).toMatch(/^\/base\//)
  })

  it("reaches a backend by that one's own host", async () => {
    expect((await flow.seen('', handedTo('vhost'))).header('host')).toBe('inner.example')
    expect((await flow.seen('', { ...site, host: 'client.example' })).header('host')).toBe('client.example')
  })

  it.each([[{}], [handedTo('unknown')]])('that names no backend gets 502: %j', async (options) => {
    expect((await flow.get('/', options)).status).toBe(502)
  })

  it('can be held as a long poll', async () => {
    const { poll, channel } = await flow.heldPoll({}, site)
    await flow.publish(responseItem(channel, 'news\n'))
    expect((await poll.answer()).text).toBe('news\n')
    poll.client.destroy()
  })

  it('can be a WebSocket, of which the backend hears by HTTP', async () => {
    const channel = uniqueName('socket')
    const control = eventOf('TEXT', `c:${JSON.stringify({ type: 'subscribe', channel })}`)
    const opening = eventsAnswer(`OPEN\r\n${control}`, [['Sec-WebSocket-Extensions', 'grip']])
    const socket = await open(flow, [eventsAnswer(eventOf('TEXT', 'm:heard'))], {
      opening,
      fields: 'Pushpin-Route: below\r\n',
    })
    expect((await socket.request(1)).target).toBe(`/base${socket.path}`)
    socket.send('text', 'hi')
    expect(await socket.next()).toBe('text heard')
    expect(await socket.body(2)).toBe(eventOf('TEXT', 'hi'))
    await flow.server.subscribed(channel)
    await flow.publish({ channel, formats: { 'ws-message': { content: 'news' } } })
    expect(await socket.next()).toBe('text news')
    socket.client.destroy()
  })

  it('can be held as a stream', async () => {
    const { stream, channel } = await flow.heldStream({ body: '[open]\n' }, site)
    await flow.publish(streamItem(channel, 'news\n'))
    await stream.until('[open]\nnews\n')
    stream.client.destroy()
  })
})

describeFlows('with the configuration of the Fastly CLI, a publisher', () => {
  holdfastOnly(it, 'Pushpin publishes at /publish only')(
    "publishes at the path of Fastly's API",
    async () => {
      const { stream, channel } = await flow.heldStream({}, site)
      expect((await publishAtService(streamItem(channel, 'news\n'))).text).toBe('Published\n')
      await stream.until('news\n')
      stream.client.destroy()
    },
  )

  holdfastOnly(it, '1.36 misreads the limit')('may send 64 KiB at once, as the service takes', async () => {
    const item = (bytes: number) => streamItem(uniqueName('large'), 'x'.repeat(bytes))
    expect((await postItems(flow.server.controlPort, [item(60_000)])).status).toBe(200)
    expect((await postItems(flow.server.controlPort, [item(66_000)])).status).toBe(413)
  })
})
