import { describe, expect, it } from 'vitest'
import { foreignPage } from '../../../src/ingress/auth/foreignPage.ts'

const local = { localAddress: '127.0.0.1', localPort: 5561 }
const remote = { localAddress: '10.0.0.5', localPort: 5561 }

/** What is said of a call with these fields. */
function judge(fields: Record<string, string>, call: { method?: string; socket?: typeof local } = {}) {
  const headers = Object.entries({ Host: 'localhost:5561', ...fields }).flat()
  return foreignPage({ method: 'POST', socket: local, ...call, headers })
}

const CROSS = { 'Sec-Fetch-Site': 'cross-site' }

describe('a page of another site that changes something is foreign', () => {
  it.each([
    ['as the browser says', { ...CROSS, Origin: 'https://evil.test' }, 'a page of evil.test'],
    ['without Origin', CROSS, 'a page of another site'],
    ['of a browser that does not say so', { Origin: 'https://evil.test' }, 'a page of evil.test'],
    ['in a sandbox, or of a file', { Origin: 'null' }, 'a page of another site'],
    ['whose name begins as ours', { Origin: 'http://localhost.evil.test' }, 'a page of localhost.evil.test'],
    ['whose name ends as ours', { Origin: 'http://evil-localhost' }, 'a page of evil-localhost'],
    ['with a Host that is none', { Origin: 'http://evil.test', Host: '' }, 'a page of another site'],
  ])('%s', (_what, fields, reason) => {
    expect(judge(fields)).toBe(reason)
    expect(judge(fields, { method: 'DELETE' })).toBe(reason)
  })

  it('also when its own name leads the browser here', () => {
    const rebound = { Origin: 'http://evil.test:5561', Host: 'evil.test:5561' }
    expect(judge(rebound)).toBe('a page of evil.test, which is no name of this machine')
    expect(judge({ ...rebound, 'X-Forwarded-Host': 'evil.test' })).toBeDefined()
    expect(judge(rebound, { socket: { ...local, localAddress: '::ffff:127.0.0.1' } })).toBeDefined()
  })
})

describe('not foreign is', () => {
  it.each([
    ['a program', {}],
    ['a container that reaches us by a name', { Host: 'host.docker.internal:5561' }],
    [
      'the dashboard',
      { Host: '127.0.0.1:5561', Origin: 'http://127.0.0.1:5561', 'Sec-Fetch-Site': 'same-origin' },
    ],
    ['the dashboard of an old browser', { Host: '[::1]:5561', Origin: 'http://[::1]:5561' }],
    [
      'a page of this machine, by another of its names',
      { ...CROSS, Host: '127.0.0.1:5561', Origin: 'http://localhost:3000' },
    ],
    [
      'a page of the same site',
      { Host: 'push.shop.test', Origin: 'https://www.shop.test', 'Sec-Fetch-Site': 'same-site' },
    ],
    [
      'the dashboard behind a proxy that keeps Host',
      { Host: 'ops.test', Origin: 'http://ops.test', 'X-Forwarded-Host': 'ops.test' },
    ],
    [
      'the dashboard behind a proxy that does not',
      { Host: '127.0.0.1:5561', Origin: 'http://ops.test', 'X-Forwarded-Host': 'ops.test' },
    ],
    [
      'the dashboard behind TLS',
      { Host: '127.0.0.1:5561', Origin: 'https://ops.test', 'Sec-Fetch-Site': 'same-origin' },
    ],
    ['who typed the address', { 'Sec-Fetch-Site': 'none' }],
  ])('%s', (_what, fields) => {
    expect(judge(fields)).toBeUndefined()
  })

  it('a page at the name that another machine knows us by', () => {
    const fields = { Host: 'push.lan:5561', Origin: 'http://push.lan:5561' }
    expect(judge(fields, { socket: remote })).toBeUndefined()
  })

  it.each(['GET', 'HEAD', 'OPTIONS'])('who only looks, as by a link: %s', (method) => {
    expect(judge(CROSS, { method })).toBeUndefined()
  })
})
