import { expect, it } from 'vitest'
import { parseKey } from '../../src/grip/keys.ts'
import { createAccess } from '../../src/ingress/auth/access.ts'
import { get, type RequestOptions, requestBytes } from '../support/client.ts'
import { hs256Token } from '../support/gripSig.ts'
import { connect } from '../support/rawClient.ts'
import { bodyOf, item, useControlPort } from './controlPort.ts'

const authKey = parseKey('secret', () => Buffer.alloc(0))
const control = useControlPort({ access: createAccess({ authKey, authIss: '', authBasic: undefined }) })

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
const token = (claims: object = {}) =>
  hs256Token({ exp: Math.floor(Date.now() / 1000) + 60, ...claims }, 'secret')
const post = (target: string, options: RequestOptions = {}) =>
  control.post(bodyOf(item('c')), options, target)

it('a publisher with the key, or a token, publishes', async () => {
  expect((await post('/publish/', bearer('secret'))).status).toBe(200)
  expect((await post('/service/ID/publish', { headers: { 'Fastly-Key': 'secret' } })).status).toBe(200)
  expect((await post('/publish', bearer(token()))).status).toBe(200)
  expect(control.bus.channels).toEqual(['c', 'c', 'c'])
})

it('a publisher without gets 401, is told how to come in, and publishes nothing', async () => {
  const answer = await post('/publish')
  expect([answer.status, answer.reason, answer.text]).toEqual([
    401,
    'Unauthorized',
    'Unauthorized: no key was given.\n',
  ])
  expect(answer.header('www-authenticate')).toBe('Bearer realm="holdfast"')
  expect(control.bus.channels).toEqual([])
})

it('a token that may only publish gets 403 for what is not publishing', async () => {
  const answer = await post('/recover', bearer(token()))
  expect([answer.status, answer.text]).toEqual([403, 'Forbidden: the token lacks the scope admin.\n'])
  expect(answer.header('www-authenticate')).toContain('error="insufficient_scope", scope="admin"')
  expect(control.recovered).toBe(0)
  expect((await post('/recover', bearer(token({ scope: 'admin' })))).status).toBe(200)
  expect(control.recovered).toBe(1)
})

it('health checks see the greeting without a key', async () => {
  expect((await get(control.port, '/')).text).toBe('Pushpin API\n')
})

it('many requests on one connection are published in their order, whatever their credentials cost to check', async () => {
  const client = await connect(control.port)
  const channels = Array.from({ length: 20 }, (_, i) => `c${i}`)
  const requests = channels.map((channel, i) => {
    const credentials = i % 3 === 2 ? 'secret' : token({ iss: channel })
    return requestBytes('/publish', { method: 'POST', body: bodyOf(item(channel)), ...bearer(credentials) })
  })
  client.send(Buffer.concat(requests))
  for (const _ of channels) expect((await client.response()).status).toBe(200)
  expect(control.bus.channels).toEqual(channels)
  client.destroy()
})

it('a refused call leaves the connection usable, its body unread', async () => {
  const client = await connect(control.port)
  client.send(
    requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')), ...bearer(token({ exp: 1 })) }),
  )
  client.send(requestBytes('/publish', { method: 'POST', body: bodyOf(item('b')), ...bearer('secret') }))
  expect((await client.response()).text).toBe('Unauthorized: the token has expired.\n')
  expect((await client.response()).status).toBe(200)
  expect(control.bus.channels).toEqual(['b'])
  client.destroy()
})

it('a client that breaks off while its token is checked harms nobody', async () => {
  const client = await connect(control.port)
  const bytes = requestBytes('/publish', { method: 'POST', body: bodyOf(item('a')), ...bearer(token()) })
  client.send(bytes.subarray(0, -3))
  client.destroy()
  expect((await post('/publish', bearer('secret'))).status).toBe(200)
  expect(control.bus.channels).toEqual(['c'])
})

it('refused calls are told once a second, with who came and why', async () => {
  for (let i = 0; i < 5; i++) await post('/publish', bearer('wrong'))
  expect(control.log.lines.filter((line) => line.startsWith('warn'))).toEqual([
    'warn control: POST /publish code=401 from=127.0.0.1: the key is not right',
  ])
})
