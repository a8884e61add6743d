import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { faultsOf, loadConf } from './support.ts'

const conf = (address: string, more = '') =>
  `[proxy]\nroutesfile=r\n[handler]\npush_in_http_port=5561\n${address}\n${more}`
const start = (address: string, more?: string) => loadConf(conf(address, more))

describe('a control port that asks for no key', () => {
  it.each(['push_in_http_addr=127.0.0.1', 'push_in_http_addr=localhost', 'push_in_http_addr=::1'])(
    'may listen where only this machine reaches it: %s',
    (address) => expect(start(address).warnings).toEqual([]),
  )

  it('must not be open to other machines by accident', () => {
    const advice =
      'set auth_key or auth_basic in [control], or push_in_http_addr=127.0.0.1, or allow_open=true in [control]'
    expect(faultsOf(() => start('push_in_http_addr=0.0.0.0'))).toEqual([
      `/etc/h/h.conf:5: the control API on 0.0.0.0 would let other machines publish without a key; ${advice}`,
    ])
    expect(faultsOf(() => start('push_in_http_addr=::'))[0]).toContain('the control API on :: would')
  })

  // Pushpin listens on all addresses then, though the file that it ships says 127.0.0.1.
  it('is for this machine alone where the file names no address', () => {
    const { config, warnings } = start('')
    expect(config.handler.controlAddress).toBe('127.0.0.1')
    expect(warnings).toEqual([
      'the control API listens on 127.0.0.1 and not on 0.0.0.0, because it asks for no key; HOLDFAST_ALLOW_OPEN=true opens it',
    ])
    expect(start('', '[control]\nallow_open=true\n').config.handler.controlAddress).toBe('0.0.0.0')
  })

  it('is warned about where the operator allows it', () => {
    const { config, warnings } = start('push_in_http_addr=::', '[control]\nallow_open=true\n')
    expect(config.handler.controlAddress).toBe('::')
    expect(warnings).toEqual(['the control API at [::]:5561 asks for no key: whoever reaches it can publish'])
  })

  it.each(['no', 'off', 'yes', '2'])(
    'is not allowed by allow_open=%s, which is neither yes nor no',
    (text) => {
      expect(faultsOf(() => start('push_in_http_addr=::', `[control]\nallow_open=${text}\n`))[0]).toBe(
        `/etc/h/h.conf:7: allow_open in [control]: expected true or false, found "${text}"`,
      )
    },
  )

  it('stays on this machine with the file of the Fastly CLI, which nobody can edit', () => {
    const key = '[proxy]\nsig_key=viceroy_dev_signing_key_dont_use_in_production\n'
    const { config, warnings } = start('push_in_http_addr=0.0.0.0', key)
    expect(config.handler.controlAddress).toBe('127.0.0.1')
    expect(warnings).toEqual([
      'the control API listens on 127.0.0.1 and not on 0.0.0.0, because it asks for no key; HOLDFAST_ALLOW_OPEN=true opens it',
    ])
    const open = start('push_in_http_addr=0.0.0.0', `${key}[control]\nallow_open=true\n`)
    expect(open.config.handler.controlAddress).toBe('0.0.0.0')
  })
})

describe('a control port that is locked', () => {
  it.each(['auth_key=secret', 'auth_basic=me:secret'])('may listen anywhere: %s', (lock) => {
    const { config, warnings } = start('', `[control]\n${lock}\n`)
    expect(config.handler.controlAddress).toBe('0.0.0.0')
    expect(warnings).toEqual([])
  })

  it('shows no password in a fault', () => {
    expect(faultsOf(() => start('', '[control]\nauth_basic=topsecret\nauth_key=k\n'))).toEqual([
      '/etc/h/h.conf:7: auth_basic in [control]: expected USER:PASSWORD',
    ])
  })

  it('may be locked by a public key, which can only verify', () => {
    expect(faultsOf(() => start('', '[control]\nauth_key=file:no.pem\n'))[0]).toContain(
      "auth_key in [control]: key file 'no.pem' cannot be read",
    )
  })

  it('may be locked by PEM text as it stands', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    const { config } = start('', `[control]\nauth_key=${JSON.stringify(pem)}\n`)
    expect(config.control.authKey?.algorithm).toBe('ES256')
  })

  it('is not locked by an RSA key that no token may be signed with', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    expect(faultsOf(() => start('', `[control]\nauth_key=${JSON.stringify(pem)}\n`))[0]).toBe(
      '/etc/h/h.conf:7: auth_key in [control]: an RSA key must have 2048 bits or more, this one has 1024',
    )
  })

  it('with an issuer but no key is warned about', () => {
    const { warnings } = start('push_in_http_addr=127.0.0.1', '[control]\nauth_iss=me\n')
    expect(warnings).toEqual(['auth_iss in [control] has no effect without auth_key'])
  })
})
