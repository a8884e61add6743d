import { expect, it } from 'vitest'
import { loadNats } from '../../../src/cluster/nats/loadNats.ts'

it('says what to install when the package of the NATS client is missing', async () => {
  const missing = Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadNats(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'NATS_UNAVAILABLE',
    message: expect.stringContaining('npm install @nats-io/transport-node@3'),
  })
})
