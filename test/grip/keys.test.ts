import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type GripKey, parseKey } from '../../src/grip/keys.ts'
import { faultOf } from './support.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const noFile = () => {
  throw new Error('no such file')
}
const fromFile = (content: string | Buffer) => parseKey('file:key.pem', () => Buffer.from(content))

/** Secrets show themselves by what they sign. */
const secretOf = (key: GripKey | undefined) =>
  key && createHmac('sha256', key.verifyKey).update('x').digest('hex')
const secret = (bytes: string | Buffer) => createHmac('sha256', bytes).update('x').digest('hex')

describe('a key in the configuration', () => {
  it('is none when empty', () => expect(parseKey('', noFile)).toBeUndefined())

  it('is a secret as plain text', () => {
    const key = parseKey('changemé', noFile)
    expect(key?.algorithm).toBe('HS256')
    expect(key?.signKey).toBe(key?.verifyKey)
    expect(secretOf(key)).toBe(secret('changemé'))
  })

  it('is a secret as base64', () => {
    expect(secretOf(parseKey('base64:AP/+', noFile))).toBe(secret(Buffer.from([0, 255, 254])))
    expect(faultOf(() => parseKey('base64:', noFile))).toBe('KEY_INVALID: base64 key is empty')
  })

  it('is read from the path that it names', () => {
    const paths: string[] = []
    parseKey('file:/etc/my key.hex', (path) => {
      paths.push(path)
      return Buffer.from('00')
    })
    expect(paths).toEqual(['/etc/my key.hex'])
  })

  it('is a secret in hex in a file', () => {
    expect(secretOf(fromFile(' 00Ff\r\n10 \n'))).toBe(secret(Buffer.from([0, 255, 16])))
  })

  it.each([
    ['PKCS#8 EC', ec.privateKey.export({ type: 'pkcs8', format: 'pem' }), 'ES256'],
    ['SEC1 EC', ec.privateKey.export({ type: 'sec1', format: 'pem' }), 'ES256'],
    ['PKCS#8 RSA', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }), 'RS256'],
    ['PKCS#1 RSA', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }), 'RS256'],
  ])('is a private key in a %s file', (_form, pem, algorithm) => {
    const key = fromFile(pem)
    expect(key).toMatchObject({ algorithm, signKey: { type: 'private' }, verifyKey: { type: 'public' } })
  })

  it('is found behind the curve parameters that openssl writes before it', () => {
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
    expect(fromFile(parameters + ec.privateKey.export({ type: 'sec1', format: 'pem' }))?.algorithm).toBe(
      'ES256',
    )
  })

  it('is found behind blank lines and a byte order mark', () => {
    expect(fromFile(`\ufeff\r\n${rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })}`)?.algorithm).toBe(
      'RS256',
    )
  })

  it.each([
    ['EC', ec.publicKey.export({ type: 'spki', format: 'pem' }), 'ES256'],
    ['RSA', rsa.publicKey.export({ type: 'spki', format: 'pem' }), 'RS256'],
    ['PKCS#1 RSA', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }), 'RS256'],
  ])('is a public %s key that cannot sign', (_form, pem, algorithm) => {
    expect(fromFile(pem)).toMatchObject({ algorithm, signKey: undefined, verifyKey: { type: 'public' } })
  })

  it.each([
    ['', "key file 'key.pem' is empty"],
    ['123', "key file 'key.pem' is neither PEM nor hex"],
    ['changeme', "key file 'key.pem' is neither PEM nor hex"],
    [
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      "key file 'key.pem' is not a usable PEM key",
    ],
    ['-----BEGIN NONSENSE-----', "key file 'key.pem' is not a usable PEM key"],
  ])('cannot be in a file with %j', (content, text) => {
    expect(faultOf(() => fromFile(content))).toBe(`KEY_INVALID: ${text}`)
  })

  it('may stand as PEM text in place of a file, and is no secret then', () => {
    const pem = ec.publicKey.export({ type: 'spki', format: 'pem' }) as string
    expect(parseKey(`\n${pem}`, noFile)).toMatchObject({ algorithm: 'ES256', signKey: undefined })
    expect(faultOf(() => parseKey('-----BEGIN', noFile))).toBe('KEY_INVALID: key is not a usable PEM key')
  })

  it('cannot be on another curve or of another kind', () => {
    const text = "KEY_INVALID: key file 'key.pem' must hold an EC key on P-256 or an RSA key"
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
    const ed = generateKeyPairSync('ed25519').privateKey
    for (const key of [p384, ed]) {
      expect(faultOf(() => fromFile(key.export({ type: 'pkcs8', format: 'pem' })))).toBe(text)
    }
  })

  it('cannot be in a file that cannot be read', () => {
    expect(faultOf(() => parseKey('file:missing', noFile))).toBe(
      "KEY_INVALID: key file 'missing' cannot be read",
    )
  })
})
