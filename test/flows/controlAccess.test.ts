import { expect, it } from 'vitest'
import { get, type RequestOptions } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { hs256Token } from '../support/gripSig.ts'
import { postItems, streamItem } from '../support/publish.ts'
import { runHoldfast } from '../support/runHoldfast.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const lock = { auth_key: 'a kéy; with #signs', auth_iss: 'publisher', auth_basic: 'me:pass,word' }
const quoted = Object.fromEntries(Object.entries(lock).map(([key, value]) => [key, `"${value}"`]))
const flow = useFlow((origin) => [`* ${origin}`], { conf: { control: quoted } })

const open = useFlow((origin) => [`* ${origin}`])

const onlyOurs = holdfastOnly(it, 'Pushpin has no access control')

const token = (claims: object = {}) =>
  hs256Token({ iss: 'publisher', exp: Math.floor(Date.now() / 1000) + 60, ...claims }, lock.auth_key)
const showing = (authorization: string): RequestOptions => ({ headers: { Authorization: authorization } })
const ask = (method: string, target: string, options: RequestOptions = {}) =>
  get(flow.server.controlPort, target, { method, ...(method === 'GET' ? {} : { body: '' }), ...options })

describeFlows('a locked control port', () => {
  onlyOurs.each([
    ['the key', `Bearer ${lock.auth_key}`],
    ['a token', `Bearer ${token()}`],
    ['user and password', `Basic ${Buffer.from(lock.auth_basic).toString('base64')}`],
  ])('takes items from who shows %s', async (_what, text) => {
    const authorization = Buffer.from(text).toString('latin1')
    const { stream, channel } = await flow.heldStream()
    const answer = await postItems(
      flow.server.controlPort,
      [streamItem(channel, 'news\n')],
      showing(authorization),
    )
    expect(answer.text).toBe('Published\n')
    await stream.until('news\n')
    stream.client.destroy()
  })

  onlyOurs('delivers nothing of who shows nothing, and tells the log who it was', async () => {
    const { stream, channel } = await flow.heldStream()
    const { controlPort } = flow.server
    expect((await postItems(controlPort, [streamItem(channel, 'forged\n')])).status).toBe(401)
    const wrong = await postItems(controlPort, [streamItem(channel, 'forged\n')], showing('Bearer wrong'))
    expect([wrong.status, wrong.text]).toEqual([401, 'Unauthorized: the key is not right.\n'])
    await postItems(controlPort, [streamItem(channel, 'real\n')], showing(`Bearer ${token()}`))
    expect(await stream.until('real\n')).not.toContain('forged')
    await eventually('the warning', () =>
      /\[WARN\] .* control: POST \/publish\/ code=401 from=127\.0\.0\.1: no key was given\n/.test(
        flow.server.logs(),
      ),
    )
    stream.client.destroy()
  })

  onlyOurs('lets tokens that may only publish neither look nor steer', async () => {
    const publisher = showing(`Bearer ${token()}`)
    const admin = showing(`Bearer ${token({ scope: 'admin' })}`)
    const verbs = [
      ['GET', '/status'],
      ['GET', '/connections'],
      ['GET', '/metrics'],
      ['POST', '/recover'],
      ['POST', '/reload'],
      ['DELETE', '/connections/none'],
    ] as const
    for (const [method, target] of verbs) {
      expect([target, (await ask(method, target)).status]).toEqual([target, 401])
      expect([target, (await ask(method, target, publisher)).status]).toEqual([target, 403])
      expect([target, (await ask(method, target, admin)).status < 400 || target.endsWith('none')]).toEqual([
        target,
        true,
      ])
    }
    const item = streamItem('c', 'x')
    expect((await postItems(flow.server.controlPort, [item], admin)).status).toBe(403)
  })

  onlyOurs.each(['/', '/healthz', '/readyz'])('shows %s to everybody, for health checks', async (target) => {
    // With workers the first of them takes clients a moment before all are ready.
    await eventually('the answer', async () => (await ask('GET', target)).status === 200)
  })

  onlyOurs('lets `holdfast publish` in with a GRIP URL', async () => {
    const { stream, channel } = await flow.heldStream()
    const key = encodeURIComponent(lock.auth_key)
    const GRIP_URL = `http://localhost:${flow.server.controlPort}?iss=publisher&key=${key}`
    expect(await runHoldfast(['publish', channel, 'news'], { env: { GRIP_URL } })).toMatchObject({ code: 0 })
    await stream.until('news\n')
    const basic = ['-u', lock.auth_basic, '--spec', `http://localhost:${flow.server.controlPort}`]
    expect(await runHoldfast(['publish', ...basic, channel, 'more'])).toMatchObject({ code: 0 })
    await stream.until('more\n')
    stream.client.destroy()
  })
})

describeFlows('an open control port', () => {
  onlyOurs('takes no item from a page of another site, and tells the log who it was', async () => {
    const { stream, channel } = await open.heldStream()
    const page = { headers: { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' } }
    const { controlPort } = open.server
    const forged = await postItems(controlPort, [streamItem(channel, 'forged\n')], page)
    expect([forged.status, forged.text]).toEqual([
      403,
      'Forbidden: a page of evil.test may use this port with a key only.\n',
    ])
    await open.publish(streamItem(channel, 'real\n'))
    expect(await stream.until('real\n')).not.toContain('forged')
    await eventually('the warning', () =>
      /\[WARN\] .* code=403 from=127\.0\.0\.1: a page of evil\.test may/.test(open.server.logs()),
    )
    stream.client.destroy()
  })

  onlyOurs('takes no password from it that the browser knows', async () => {
    const headers = {
      Origin: 'https://evil.test',
      Authorization: `Basic ${Buffer.from(lock.auth_basic).toString('base64')}`,
    }
    expect((await ask('POST', '/reload', { headers })).status).toBe(403)
  })
})
