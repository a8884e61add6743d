import { afterAll, expect, it } from 'vitest'
import { connectionOptions } from '../../../src/cluster/nats/connectionOptions.ts'
import { loadNats } from '../../../src/cluster/nats/loadNats.ts'
import type { NatsOptions } from '../../../src/cluster/nats/natsOptions.ts'
import { SecretFiles } from './secretFiles.ts'

const files = new SecretFiles()
afterAll(() => files.remove())

const nats = await loadNats()
const NOTHING: NatsOptions = {
  servers: ['nats://127.0.0.1:4222'],
  user: undefined,
  password: undefined,
  token: undefined,
  credsFile: undefined,
  nkeyFile: undefined,
  tlsCaFile: undefined,
  tlsCertFile: undefined,
  tlsKeyFile: undefined,
}
const options = (more: Partial<NatsOptions>) => connectionOptions(nats, { ...NOTHING, ...more }, 'test')
const rubbish = files.write('rubbish', 'rubbish')

it.each<readonly [string, Partial<NatsOptions>, RegExp]>([
  ['nats_creds that is not there', { credsFile: '/nowhere/creds' }, /^nats_creds: ENOENT.*\/nowhere\/creds/],
  ['nats_creds of something else', { credsFile: rubbish }, /^nats_creds: \S+ has no JWT and seed of a user/],
  ['nats_nkey of something else', { nkeyFile: rubbish }, /^nats_nkey: \S+ has no seed of a user/],
  ['nats_nkey of an account', { nkeyFile: files.accountSeed() }, /^nats_nkey: \S+ has no seed of a user/],
  [
    'nats_tls_ca of something else',
    { tlsCaFile: rubbish },
    /^nats_tls_ca: \S+ is no certificate in PEM form/,
  ],
  [
    'nats_tls_cert of something else',
    { ...files.clientPair, tlsCertFile: rubbish },
    /^nats_tls_cert: \S+ is no certificate/,
  ],
  [
    'nats_tls_key of another certificate',
    { ...files.clientPair, tlsKeyFile: files.otherPair.tlsKeyFile },
    /^nats_tls_key: \S+ is not the key of nats_tls_cert/,
  ],
])('a file for %s is refused by the name of its setting', (_name, more, text) => {
  expect(() => options(more)).toThrow(expect.objectContaining({ code: 'NATS_UNAVAILABLE' }))
  expect(() => options(more)).toThrow(text)
})

it('TLS is used when an address or a file asks for it', () => {
  expect(options({})).not.toHaveProperty('tls')
  expect(options({ servers: ['tls://a:4222'] })).toMatchObject({ tls: {}, servers: ['a:4222'] })
  expect(options({ tlsCaFile: files.tlsCaFile })).toHaveProperty('tls.ca')
})
