import { expect, it } from 'vitest'
import { connectionOptions, loadNats } from '../../../src/cluster/nats/loadNats.ts'

it('says what to install when the package of the NATS client is missing', async () => {
  const missing = Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadNats(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'NATS_UNAVAILABLE',
    message: expect.stringContaining('npm install @nats-io/transport-node@3'),
  })
})

it('names the setting of a file that cannot be read', async () => {
  const nats = await loadNats()
  const none = { user: undefined, password: undefined, token: undefined, nkeyFile: undefined }
  const files = {
    credsFile: '/nowhere/creds',
    tlsCaFile: undefined,
    tlsCertFile: undefined,
    tlsKeyFile: undefined,
  }
  const options = { servers: ['nats://127.0.0.1:4222'], ...none, ...files }
  expect(() => connectionOptions(nats, options, 'test')).toThrow(/^nats_creds: ENOENT/)
})
