import { describe, expect, it } from 'vitest'
import { loadZeroMq } from '../../src/zeroMq/loadZeroMq.ts'

describe('the ZeroMQ package', () => {
  it('is loaded where it is installed', async () => {
    expect(Object.keys(await loadZeroMq())).toEqual(expect.arrayContaining(['Pull', 'Subscriber', 'Router']))
  })

  it('is named with how to install it where it is missing', async () => {
    const missing = Object.assign(new Error("Cannot find package 'zeromq'"), { code: 'ERR_MODULE_NOT_FOUND' })
    await expect(loadZeroMq(() => Promise.reject(missing))).rejects.toMatchObject({
      code: 'ZEROMQ_UNAVAILABLE',
      message: expect.stringMatching(/zeromq, which is not installed; see: npm install zeromq@6$/),
    })
  })

  it('is reported with the reason where it does not run on the machine', async () => {
    await expect(loadZeroMq(() => Promise.reject(new Error('No compatible build')))).rejects.toMatchObject({
      code: 'ZEROMQ_UNAVAILABLE',
      message: expect.stringContaining('cannot be loaded: No compatible build'),
    })
  })
})
