import { describe, expect, it } from 'vitest'
import { hostField } from '../../src/util/hostField.ts'

describe('the Host that a target gets', () => {
  it.each([
    ['Client.TEST', false, 'client.test'],
    ['client.test:80', false, 'client.test'],
    ['client.test:443', false, 'client.test:443'],
    ['client.test:443', true, 'client.test'],
    ['client.test:80', true, 'client.test:80'],
    ['client.test:8080', false, 'client.test:8080'],
    ['[::1]:80', false, '[::1]'],
    ['[::1]', false, '[::1]'],
    ['[2001:db8::80]', false, '[2001:db8::80]'],
  ])('of %s, by TLS: %s, is %s', (authority, tls, host) => {
    expect(hostField({ tls }, authority)).toBe(host)
  })

  it('is that of the target where it has one', () => {
    expect(hostField({ tls: false, hostOverride: 'Inner.test:80' }, 'client.test')).toBe('inner.test')
  })
})
