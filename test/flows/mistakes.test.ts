import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { MISTAKES, type Mistake } from '../../src/util/mistakes.ts'
import { get, requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { eventOf } from '../support/overHttp.ts'
import { streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const deadPort = await freePort()
const flow = useFlow(
  (origin) => [
    `flow.test ${origin}`,
    `flow.test,path_beg=/pure,no_grip ${origin}`,
    `flow.test,path_beg=/unsigned ${origin}`,
    `flow.test,path_beg=/signed,sig_key=own ${origin}`,
    `flow.test,path_beg=/known,sig_key=changeme ${origin}`,
    `flow.test,path_beg=/events ${origin},over_http`,
    `dead.test 127.0.0.1:${deadPort}`,
  ],
  { conf: { proxy: { debug: true, sig_key: '' }, handler: { history_size: 0 } } },
)
const keyed = useFlow((origin) => [`* ${origin}`], { conf: { proxy: { sig_key: 'changeme' } } })

const onlyOurs = holdfastOnly(it, 'Pushpin explains no mistakes')

/** Lines of the log that explain a mistake. */
const explanations = (mistake: Mistake, { server } = flow) =>
  server
    .logs()
    .split('\n')
    .filter((line) => line.includes(MISTAKES[mistake]))

async function expectExplained(mistake: Mistake, request: string, under = flow): Promise<void> {
  await eventually(`${mistake} is explained`, () => explanations(mistake, under).length > 0)
  expect(explanations(mistake, under)).toEqual([expect.stringContaining(`${request}: ${MISTAKES[mistake]}`)])
}

/** Opens a WebSocket to an origin over HTTP that sends these texts with its acceptance, and has or has not agreed to GRIP. */
async function openEvents(texts: readonly string[], agreed: boolean): Promise<string> {
  const events = texts.map((text) => eventOf('TEXT', text)).join('')
  const extension = agreed ? { 'Sec-WebSocket-Extensions': 'grip' } : {}
  const headers = { 'Content-Type': 'application/websocket-events', ...extension }
  const path = flow.origin.answer({ headers, body: `OPEN\r\n${events}` }, '/events')
  const client = await flow.connect()
  client.send(requestBytes(path, { headers: UPGRADE }))
  return path
}

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

describeFlows('a common mistake is explained once in the log', () => {
  onlyOurs(
    'publishing on the port of clients, where there is no such route; the error page says it',
    async () => {
      const publish = () =>
        flow.get('/publish/', { method: 'POST', body: '{"items":[]}', host: 'nowhere.test' })
      await publish()
      const { status, text } = await publish()
      expect(status).toBe(502)
      expect(text).toBe(`Route not found\n${MISTAKES.publishOnClientPort}\n`)
      await expectExplained('publishOnClientPort', 'POST /publish/')
    },
  )

  onlyOurs(
    'publishing on the port of clients, where no origin can be asked; the error page says it',
    async () => {
      const { status, text } = await flow.get('/publish', {
        method: 'POST',
        body: '{"items":[]}',
        host: 'dead.test',
      })
      expect(status).toBe(502)
      expect(text).toContain(MISTAKES.publishOnClientPort)
    },
  )

  onlyOurs('a client on the control port', async () => {
    const { controlPort } = flow.server
    const headers = { Accept: 'text/event-stream' }
    expect((await get(controlPort, '/events', { headers })).status).toBe(406)
    expect((await get(controlPort, '/events', { headers: UPGRADE })).status).toBe(404)
    await expectExplained('clientOnControlPort', 'control: GET /events')
  })

  onlyOurs('a WebSocket for an origin that answers as to any request', async () => {
    const path = flow.origin.answer({ body: 'hello' })
    expect((await flow.get(path, { headers: UPGRADE })).status).toBe(200)
    await flow.get(path, { headers: UPGRADE })
    await expectExplained('overHttpMissing', `GET ${path}`)
  })

  onlyOurs('instructions on a route with no_grip', async () => {
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'stream' }, body: 'x' }, '/pure')
    await flow.get(path)
    await flow.get(path)
    await expectExplained('gripWithoutSupport', `GET ${path}`)
  })

  onlyOurs('a hold without a key, and not one with a key', async () => {
    const signed = await flow.heldStream({}, { under: '/signed' })
    const unsigned = await flow.heldStream({}, { under: '/unsigned' })
    await eventually('it is explained', () => explanations('gripUnsigned').length > 0)
    expect(explanations('gripUnsigned')).toEqual([expect.stringMatching(/GET \/unsigned\S*: /)])
    for (const { stream } of [signed, unsigned]) stream.client.destroy()
  })

  onlyOurs('prev-id where nothing can be had of what was missed', async () => {
    const path = flow.origin.answer({
      headers: { 'Grip-Hold': 'stream', 'Grip-Channel': 'chain; prev-id=1' },
      body: 'x',
    })
    await flow.get(path)
    await flow.get(path)
    await expectExplained('prevIdWithoutNext', `GET ${path}`)
  })

  onlyOurs('a channel without a hold', async () => {
    const path = flow.origin.answer({ headers: { 'Grip-Channel': 'any' }, body: 'x' })
    expect((await flow.get(path)).text).toBe('x')
    await flow.get(path)
    await expectExplained('channelWithoutHold', `GET ${path}`)
  })

  onlyOurs('a field of GRIP that there is not', async () => {
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'response', 'Grip-Chanel': 'any' }, body: 'x' })
    const poll = await flow.longPoll(path)
    await eventually('it is explained', () => explanations('unknownGripField').length > 0)
    expect(explanations('unknownGripField')).toEqual([
      expect.stringContaining(`GET ${path}: Grip-Chanel: ${MISTAKES.unknownGripField}`),
    ])
    poll.client.destroy()
  })

  onlyOurs('an origin over HTTP that does not say that it answers with events', async () => {
    const path = flow.origin.answer({ body: 'OPEN\r\n' }, '/events')
    await flow.get(path, { headers: UPGRADE })
    await expectExplained('notSocketEvents', `GET ${path}`)
  })

  onlyOurs('a control message of an origin that has not agreed to it', async () => {
    const path = await openEvents(['c:{"type":"subscribe","channel":"any"}', 'c:{}'], false)
    await expectExplained('gripNotAgreed', `GET ${path}`)
  })

  onlyOurs('a message without the prefix that was agreed to', async () => {
    const path = await openEvents(['hello', 'again'], true)
    await expectExplained('messageWithoutPrefix', `GET ${path}`)
  })

  onlyOurs('a control message that says nothing', async () => {
    const path = await openEvents(['c:{"type":"subscribe"}'], true)
    const line = `${path}: control message ignored: control message does not contain 'channel'`
    await eventually('the warning', () => flow.server.logs().includes(line))
  })

  onlyOurs('an event without its end, on a stream', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(streamItem(channel, 'data: whole\n\n'), streamItem(channel, 'data: cut'))
    await flow.publish(streamItem(channel, 'data: cut\n'))
    await expectExplained('eventNotEnded', `item of channel ${channel}`)
    stream.client.destroy()
  })

  onlyOurs('an item that has no format for those on the channel', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish({ channel, formats: { 'ws-message': { content: 'x' } } })
    await expectExplained('formatWithoutHold', `item of channel ${channel}`)
    stream.client.destroy()
  })

  onlyOurs('the key of the examples, at the start, in the configuration and on a route', async () => {
    await eventually('it is explained', () => explanations('defaultKey', keyed).length > 0)
    expect(explanations('defaultKey', keyed)).toEqual([
      expect.stringMatching(/sig_key in \[proxy\]: the key/),
    ])
    expect(explanations('defaultKey')).toEqual([expect.stringMatching(/:5: sig_key: the key/)])
  })
})

describeFlows('instructions that are not valid', () => {
  onlyOurs('are warned of with what was found and what would be right, everywhere', async () => {
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': 'any', 'Grip-Timeout': 'a minute' }
    const path = flow.origin.answer({ headers, body: 'x' })
    const { status, text } = await flow.get(path)
    const advice = "it is 'a minute'; write whole seconds, such as 55"
    expect([status, text]).toEqual([
      502,
      `Failed to parse accept instructions: failed to parse Grip-Timeout\n${advice}\n`,
    ])
    const message = `GET ${path}: instructions: failed to parse Grip-Timeout (${advice})`
    const warned = (line: string) => line.startsWith('[WARN]') && line.endsWith(message)
    await eventually('the warning', () => flow.server.logs().split('\n').some(warned))
    const { errors } = JSON.parse((await get(flow.server.controlPort, '/errors')).text)
    expect(errors).toContainEqual(
      expect.objectContaining({ level: 'warn', code: 'INSTRUCT_INVALID', message }),
    )
  })
})

describe('docs/mistakes.md', () => {
  let page: string
  beforeAll(() => {
    page = readFileSync(new URL('../../docs/mistakes.md', import.meta.url), 'utf8')
  })

  it('lists each mistake with its line, and no other', () => {
    const listed = [...page.matchAll(/^### `(\w+)`\n\n> (.+)$/gm)].map(([, name, text]) => [name, text])
    expect(Object.fromEntries(listed)).toEqual(MISTAKES)
  })
})
