import { describe, expect, it } from 'vitest'
import { denyingLookup, isDeniedAddress } from '../../src/origin/denyList.ts'
import { HttpOrigin } from '../../src/origin/httpOrigin.ts'
import { within } from '../support/waiting.ts'
import { targetAt } from './passthroughFront.ts'
import { RecordingSink, requestFor } from './recordingSink.ts'

describe('an address', () => {
  it.each([
    ...[
      '127.0.0.1',
      '127.255.255.255',
      '10.0.0.0',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
    ],
    ...['0.0.0.0', '0.1.2.3', '::', '::1', '0:0:0:0:0:0:0:1', 'fc00::1', 'fdff::1', 'fe80::1', 'febf::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.1.2.3', '::ffff:a00:1', '::FFFF:7F00:1'],
  ])('%s is denied', (address) => {
    expect(isDeniedAddress(address)).toBe(true)
  })

  it.each([
    ...[
      '8.8.8.8',
      '126.255.255.255',
      '128.0.0.1',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.1.1',
      '11.0.0.0',
      '1.0.0.0',
    ],
    ...['::2', '2001:db8::1', 'fbff::1', 'fe00::1', 'ff02::1', '::ffff:8.8.8.8', 'localhost', '', '127.1'],
  ])('%s is not', (address) => {
    expect(isDeniedAddress(address)).toBe(false)
  })

  it('with a zone is judged without it', () => {
    expect(isDeniedAddress('fe80::1%eth0')).toBe(true)
    expect(isDeniedAddress('2001:db8::1%eth0')).toBe(false)
  })
})

describe('an untrusted target', () => {
  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', 'localhost', '127.1', '0x7f.1', '2130706433', '0'])(
    'at %s is denied before anything is sent',
    async (host) => {
      const origin = new HttpOrigin({ responseTimeoutMs: 1000 })
      const sink = new RecordingSink()
      origin.request(targetAt(1, { host, untrusted: true }), requestFor('/'), sink)
      expect(sink.calls).toEqual([])
      await within(sink.ended, 5000, () => 'the refusal')
      expect([sink.calls, sink.error?.code]).toEqual([['error'], 'ORIGIN_DENIED'])
      expect(sink.error?.message).toContain(host)
      await origin.close()
    },
  )

  it('that is given up before the refusal hears nothing', async () => {
    const origin = new HttpOrigin({ responseTimeoutMs: 1000 })
    const sink = new RecordingSink()
    origin.request(targetAt(1, { untrusted: true }), requestFor('/'), sink).abort()
    await new Promise(setImmediate)
    expect(sink.calls).toEqual([])
    await origin.close()
  })
})

describe('the denying lookup', () => {
  it.each([{ all: true }, { all: false }])(
    'fails for a name of a denied address, asked with %j',
    async (options) => {
      const error = await new Promise((resolve) => denyingLookup('localhost', options, resolve))
      expect(error).toMatchObject({ code: 'ORIGIN_DENIED' })
    },
  )

  it('finds other addresses as the ordinary one does', async () => {
    const one = await new Promise((resolve) =>
      denyingLookup('8.8.8.8', {}, (error, address, family) => resolve([error, address, family])),
    )
    expect(one).toEqual([null, '8.8.8.8', 4])
    const all = await new Promise((resolve) =>
      denyingLookup('8.8.8.8', { all: true }, (error, addresses) => resolve([error, addresses])),
    )
    expect(all).toEqual([null, [{ address: '8.8.8.8', family: 4 }]])
  })

  it('passes the failure of the lookup on', async () => {
    const error = await new Promise((resolve) => denyingLookup('nowhere.invalid', {}, resolve))
    expect(error).toMatchObject({ syscall: 'getaddrinfo' })
  })
})
