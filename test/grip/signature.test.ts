import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { validateSig } from '@fanoutio/grip'
import { describe, expect, it } from 'vitest'
import { type GripKey, parseKey } from '../../src/grip/keys.ts'
import { createGripSigner, GripSigner, verifyGripSig } from '../../src/grip/signature.ts'
import { faultOf } from './support.ts'

const NOW = 1_700_000_000
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = (key: typeof ec.privateKey) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString()
const keyOf = (text: string) => parseKey(text, () => Buffer.alloc(0)) as GripKey
const pemKey = (key: typeof ec.privateKey) => parseKey('file:k', () => Buffer.from(pem(key))) as GripKey
const signer = (key: GripKey, iss = 'pushpin') => new GripSigner({ iss, key })
const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString())
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The token of RFC 7515 §A.1, whose `exp` is 1300819380. */
const RFC_KEY = keyOf(
  'base64:AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow==',
)
const RFC_TOKEN =
  'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.' +
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.' +
  'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

/** A token signed with a secret, whatever it says; claims that are text are taken as they are. */
function token(claims: unknown, header: unknown = { alg: 'HS256' }, secret = 'changeme'): string {
  const signed = `${encode(header)}.${typeof claims === 'string' ? claims : encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

describe('GripSigner', () => {
  it('signs issuer and expiry with HS256', () => {
    expect(signer(keyOf('changeme')).sign(NOW)).toBe(
      'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJwdXNocGluIiwiZXhwIjoxNzAwMDAzNjAwfQ.' +
        'peoNzXovaO7IPyWazCP8fxwN-UW2nMVvWdjJusj1PiU',
    )
  })

  it.each([
    ['HS256', keyOf('changeme')],
    ['ES256', pemKey(ec.privateKey)],
    ['RS256', pemKey(rsa.privateKey)],
  ])('has exactly the claims iss and exp with %s', (alg, key) => {
    const [header, claims] = signer(key, 'ü')
      .sign(NOW + 0.9)
      .split('.')
    expect(decode(header)).toEqual({ typ: 'JWT', alg })
    expect(decode(claims)).toEqual({ iss: 'ü', exp: NOW + 3600 })
  })

  it('signs at most once a second', () => {
    const one = signer(pemKey(ec.privateKey))
    // Each ECDSA signature is different, so an equal token is the same token.
    const first = one.sign(NOW)
    expect(one.sign(NOW + 0.999)).toBe(first)
    expect(one.sign(NOW + 1)).not.toBe(first)
    expect(decode(one.sign(NOW - 5).split('.')[1]).exp).toBe(NOW + 3595)
  })

  it('is none without an issuer or a key', () => {
    expect(createGripSigner('', keyOf('x'))).toBeUndefined()
    expect(createGripSigner('pushpin', undefined)).toBeUndefined()
    expect(createGripSigner('pushpin', keyOf('x'))?.sign(NOW)).toBe(signer(keyOf('x')).sign(NOW))
  })

  it('needs a key that can sign', () => {
    expect(faultOf(() => signer(pemKey(ec.publicKey)))).toBe('KEY_INVALID: a public key cannot sign')
  })

  it.each([
    ['a secret', keyOf('changeme'), 'changeme'],
    ['a secret in base64', keyOf('base64:AP/+AQ=='), 'base64:AP/+AQ=='],
    ['an EC key', pemKey(ec.privateKey), pem(ec.publicKey)],
    ['an RSA key', pemKey(rsa.privateKey), pem(rsa.publicKey)],
  ])('is believed by @fanoutio/grip with %s', async (_kind, key, verifyKey) => {
    const signed = signer(key).sign(Date.now() / 1000)
    expect(await validateSig(signed, verifyKey, 'pushpin')).toBe(true)
    expect(await validateSig(signed, verifyKey, 'other')).toBe(false)
    expect(await validateSig(signer(key).sign(Date.now() / 1000 - 7200), verifyKey)).toBe(false)
  })
})

describe('verifyGripSig', () => {
  it('believes the example of RFC 7515 until it has expired', () => {
    expect(verifyGripSig(RFC_TOKEN, RFC_KEY, 1300819379)).toBe(true)
    expect(verifyGripSig(RFC_TOKEN, RFC_KEY, 1300819380)).toBe(false)
    expect(verifyGripSig(RFC_TOKEN, keyOf('changeme'), 1300819379)).toBe(false)
  })

  it.each([
    ['HS256', keyOf('changeme'), keyOf('changeme'), keyOf('changeyou')],
    ['ES256', pemKey(ec.privateKey), pemKey(ec.publicKey), pemKey(rsa.publicKey)],
    ['RS256', pemKey(rsa.privateKey), pemKey(rsa.publicKey), pemKey(ec.publicKey)],
  ])('believes what was signed with %s and that key', (_algorithm, key, same, other) => {
    const signed = signer(key).sign(NOW)
    expect(verifyGripSig(signed, key, NOW)).toBe(true)
    expect(verifyGripSig(signed, same, NOW + 3599)).toBe(true)
    expect(verifyGripSig(signed, same, NOW + 3600)).toBe(false)
    expect(verifyGripSig(signed, other, NOW)).toBe(false)
    const [header, , signature] = signed.split('.')
    const forged = `${header}.${encode({ iss: 'pushpin', exp: NOW + 9999 })}.${signature}`
    expect(verifyGripSig(forged, same, NOW)).toBe(false)
  })

  const key = keyOf('changeme')

  it('believes a token whose header and claims say more', () => {
    const claims = { exp: NOW + 1, iss: 'x', aud: 'y', nbf: NOW + 99 }
    expect(verifyGripSig(token(claims, { alg: 'HS256', kid: '1' }), key, NOW)).toBe(true)
  })

  it.each([
    ['without exp', {}],
    ['with an exp that is a string', { exp: String(NOW + 1) }],
    ['with an exp that is no integer', { exp: NOW + 1.5 }],
    ['with an exp of 0', { exp: 0 }],
    ['with claims that are a list', [NOW + 1]],
    ['with claims that are not JSON', Buffer.from('{').toString('base64url')],
  ])('does not believe a token %s', (_kind, claims) => {
    expect(verifyGripSig(token(claims), key, NOW)).toBe(false)
    expect(verifyGripSig(token({ exp: 0 }), key, -1)).toBe(false)
  })

  it.each([
    [{}],
    [{ alg: 'none' }],
    [{ alg: 'HS512' }],
    [{ alg: 'RS256' }],
    [{ alg: ['HS256'] }],
    [{ alg: 'HS256', crit: ['b64'], b64: false }],
    [null],
    [[]],
  ])('does not believe a header %j', (header) => {
    expect(verifyGripSig(token({ exp: NOW + 1 }, header), key, NOW)).toBe(false)
  })

  it('does not take a public key for a secret', () => {
    const confused = token({ exp: NOW + 1 }, { alg: 'HS256' }, pem(rsa.publicKey))
    expect(verifyGripSig(confused, pemKey(rsa.publicKey), NOW)).toBe(false)
  })

  it('does not take an ECDSA signature in DER', () => {
    const signed = `${encode({ alg: 'ES256' })}.${encode({ exp: NOW + 1 })}`
    const der = sign('sha256', Buffer.from(signed), ec.privateKey).toString('base64url')
    expect(verifyGripSig(`${signed}.${der}`, pemKey(ec.publicKey), NOW)).toBe(false)
  })

  it.each(['', '.', '..', 'a.b', 'a.b.c', 'a.b.c.d', '\0.\0.\0', `${RFC_TOKEN}=`, ` ${RFC_TOKEN}`])(
    'does not believe %j',
    (text) => expect(verifyGripSig(text, RFC_KEY, 0)).toBe(false),
  )

  it('does not believe a token without its signature, or with half of it', () => {
    const signed = token({ exp: NOW + 1 })
    expect(verifyGripSig(signed.slice(0, signed.lastIndexOf('.') + 1), key, NOW)).toBe(false)
    expect(verifyGripSig(signed.slice(0, -20), key, NOW)).toBe(false)
  })
})
