import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { MISTAKES, type Mistake } from '../../src/util/mistakes.ts'
import { get } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const deadPort = await freePort()
const flow = useFlow(
  (origin) => [
    `flow.test ${origin}`,
    `flow.test,path_beg=/pure,no_grip ${origin}`,
    `flow.test,path_beg=/unsigned ${origin}`,
    `flow.test,path_beg=/signed,sig_key=own ${origin}`,
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

  onlyOurs('the key of the examples, at the start', async () => {
    await eventually('it is explained', () => explanations('defaultKey', keyed).length > 0)
    expect(explanations('defaultKey', keyed)).toEqual([
      expect.stringMatching(/sig_key in \[proxy\]: the key/),
    ])
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
