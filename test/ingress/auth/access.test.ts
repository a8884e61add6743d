import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type GripKey, parseKey } from '../../../src/grip/keys.ts'
import { type AccessOptions, createAccess } from '../../../src/ingress/auth/access.ts'
import type { Scope } from '../../../src/ingress/auth/scope.ts'
import { hs256Token } from '../../support/gripSig.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

const textKey = (text: string): GripKey => parseKey(text, () => Buffer.alloc(0)) as GripKey
const fileKey = (content: string): GripKey => parseKey('file:k', () => Buffer.from(content)) as GripKey
const pem = (key: KeyObject): string =>
  String(key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }))
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function signedToken(
  claims: object,
  key: KeyObject,
  alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256',
) {
  const text = `${part({ alg })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

const postOf = (headers: readonly string[]) => ({
  method: 'POST',
  headers,
  socket: { localAddress: '127.0.0.1', localPort: 5561 },
})

function ask(options: Partial<AccessOptions>) {
  const access = createAccess({ authKey: undefined, authIss: '', authBasic: undefined, ...options })
  /** What the answer to a call is: 200 stands for "may go on". */
  return async (headers: Record<string, string>, scope: Scope = 'publish'): Promise<string> => {
    const refusal = await access.refuse(postOf(Object.entries(headers).flat()), scope)
    return refusal === undefined ? '200' : `${refusal.answer.status} ${refusal.reason}`
  }
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const locked = ask({ authKey: textKey('secret') })

describe('an open control port', () => {
  it.each([{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'http://page.test', Host: 'localhost:5561' }])(
    'refuses what pages of other sites send: %j',
    async (headers) => {
      expect(await ask({})(headers)).toMatch(/^403 a page of .+ may use this port with a key only$/)
    },
  )

  it.each([{}, { Authorization: '' }, bearer('anything'), { 'Fastly-Key': 'x' }])(
    'takes every call, whatever credentials a library sends: %j',
    async (headers) => expect(await ask({})(headers, 'admin')).toBe('200'),
  )
})

describe('a control port with a key', () => {
  it.each([
    ['Bearer', bearer('secret')],
    ['bearer in any case', { authorization: 'bEARER  secret ' }],
    ['Fastly-Key', { 'Fastly-Key': 'secret' }],
    ['Fastly-Key beside an empty Authorization', { Authorization: '', 'Fastly-Key': 'secret' }],
  ])('lets the key do everything: %s', async (_name, headers) => {
    expect(await locked(headers, 'publish')).toBe('200')
    expect(await locked(headers, 'admin')).toBe('200')
  })

  it.each([
    ['none', {}, 'no key was given'],
    ['an empty Authorization', { Authorization: '' }, 'no key was given'],
    ['another key', bearer('secre'), 'the key is not right'],
    ['a longer key', bearer('secret1'), 'the key is not right'],
    ['another Fastly-Key', { 'Fastly-Key': 'x' }, 'the key is not right'],
    ['the key by Basic', basic('secret:'), 'user or password is not right'],
    ['the key alone', { Authorization: 'secret' }, 'the Authorization field has neither Bearer nor Basic'],
  ])('refuses %s', async (_name, headers, reason) => {
    expect(await locked(headers as Record<string, string>)).toBe(`401 ${reason}`)
  })

  it('takes a binary key in the spelling of the configuration, and without its prefix', async () => {
    const ask64 = ask({ authKey: textKey('base64:AP/+') })
    expect(await ask64(bearer('base64:AP/+'))).toBe('200')
    expect(await ask64(bearer('AP/+'))).toBe('200')
    expect(await ask64(bearer('base64:AP/='))).toBe('401 the key is not right')
  })

  it('takes a key of any alphabet, as its bytes are sent', async () => {
    const askWide = ask({ authKey: textKey('ключ') })
    expect(await askWide(bearer(Buffer.from('ключ').toString('latin1')))).toBe('200')
    expect(await askWide(bearer('????'))).toBe('401 the key is not right')
  })

  it('takes the hex of a key file', async () => {
    const askHex = ask({ authKey: fileKey('00ff 0A\n') })
    expect(await askHex(bearer('00FF0a'))).toBe('200')
    expect(await askHex(bearer('00ff'))).toBe('401 the key is not right')
  })
})

describe('a control port with a password', () => {
  const askBasic = ask({ authBasic: 'me:pass:word' })
  it('lets who shows it do everything', async () => {
    expect(await askBasic(basic('me:pass:word'), 'admin')).toBe('200')
  })
  it.each(['me:pass', 'you:pass:word', ''])('refuses "%s"', async (text) => {
    expect(await askBasic(basic(text))).toMatch(/^401 /)
  })
  it('refuses tokens, as there is no key to verify them', async () => {
    expect(await askBasic(bearer(hs256Token({ exp: inSeconds(60) }, '')))).toBe('401 the key is not right')
  })
  it('takes a key, too, when there is one', async () => {
    const both = ask({ authBasic: 'me:pw', authKey: textKey('secret') })
    expect([await both(basic('me:pw')), await both(bearer('secret'))]).toEqual(['200', '200'])
  })
})

describe('a token', () => {
  const exp = inSeconds(60)
  const token = (claims: Record<string, unknown>, secret = 'secret') => bearer(hs256Token(claims, secret))

  it('as GRIP libraries make it may publish, and no more', async () => {
    expect(await locked(token({ iss: 'x', exp }))).toBe('200')
    expect(await locked(token({ iss: 'x', exp }), 'admin')).toBe('403 the token lacks the scope admin')
  })

  it.each<[unknown, string, string]>([
    ['admin', '403', '200'],
    ['publish admin', '200', '200'],
    ['read publish', '200', '403'],
    [['admin'], '403', '200'],
    ['', '403', '403'],
    [7, '403', '403'],
  ])('with scope %j may do that', async (scope, publish, admin) => {
    expect((await locked(token({ exp, scope }), 'publish')).slice(0, 3)).toBe(publish)
    expect((await locked(token({ exp, scope }), 'admin')).slice(0, 3)).toBe(admin)
  })

  it.each<[string, Record<string, string>, string]>([
    ['expired', token({ exp: inSeconds(-60) }), 'the token has expired'],
    ['without exp', token({ iss: 'x' }), "the token's exp is not accepted"],
    ['not valid yet', token({ exp, nbf: inSeconds(60) }), "the token's nbf is not accepted"],
    ['of another key', token({ exp }, 'other'), "the token's signature is not right"],
    [
      'of no algorithm',
      bearer(`${part({ alg: 'none' })}.${part({ exp })}.`),
      "the token's algorithm is not that of the key",
    ],
    ['that is none', bearer('a.b.c'), 'the token cannot be read'],
  ])('%s is refused', async (_name, headers, reason) => {
    expect(await locked(headers)).toBe(`401 ${reason}`)
  })

  it('may be late by half a minute, as clocks differ', async () => {
    expect(await locked(token({ exp: inSeconds(-20) }))).toBe('200')
  })

  it('that was valid is refused once it has expired', async () => {
    let nowMs = Date.now()
    const { TokenVerifier } = await import('../../../src/ingress/auth/tokenVerifier.ts')
    const verifier = new TokenVerifier({ key: textKey('secret'), iss: '', nowMs: () => nowMs })
    const text = hs256Token({ exp: inSeconds(60) }, 'secret')
    await verifier.verify(text)
    expect(verifier.verify(text)).toHaveProperty('scopes')
    nowMs += 91_000
    expect(await verifier.verify(text)).toEqual({ fault: 'the token has expired' })
  })

  it('must name the issuer that is configured', async () => {
    const askIss = ask({ authKey: textKey('secret'), authIss: 'me' })
    expect(await askIss(token({ exp, iss: 'me' }))).toBe('200')
    expect(await askIss(token({ exp, iss: 'you' }))).toBe("401 the token's iss is not accepted")
    expect(await askIss(token({ exp }))).toBe("401 the token's iss is not accepted")
  })

  it.each([
    ['ES256', ec],
    ['RS256', rsa],
  ])('signed by %s is verified with the public key', async (_name, { publicKey, privateKey }) => {
    const askPem = ask({ authKey: fileKey(pem(publicKey)) })
    expect(await askPem(bearer(signedToken({ exp }, privateKey)))).toBe('200')
    expect(await askPem(bearer(signedToken({ exp: inSeconds(-60) }, privateKey)))).toBe(
      '401 the token has expired',
    )
  })

  it('cannot make a secret of a public key', async () => {
    const text = pem(rsa.publicKey)
    const askPem = ask({ authKey: fileKey(text) })
    for (const secret of [text, text.trim()]) {
      const forged = `${part({ alg: 'HS256' })}.${part({ exp })}`
      const signature = createHmac('sha256', secret).update(forged).digest('base64url')
      expect(await askPem(bearer(`${forged}.${signature}`))).toBe(
        "401 the token's algorithm is not that of the key",
      )
    }
    expect(await askPem(bearer(text.replace(/\s/g, '')))).toBe('401 the key is not right')
  })

  it('of another key of the same kind is refused', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const askPem = ask({ authKey: fileKey(pem(ec.publicKey)) })
    expect(await askPem(bearer(signedToken({ exp }, other.privateKey)))).toBe(
      "401 the token's signature is not right",
    )
  })
})

describe('a refusal', () => {
  it('names the schemes that would do', async () => {
    const challenges = async (options: Partial<AccessOptions>, headers: string[] = []) => {
      const access = createAccess({ authKey: undefined, authIss: '', authBasic: undefined, ...options })
      const refusal = await access.refuse(postOf(headers), 'publish')
      return refusal?.answer.headers.slice(0, -4)
    }
    expect(await challenges({ authKey: textKey('k'), authBasic: 'a:b' })).toEqual([
      'WWW-Authenticate',
      'Bearer realm="holdfast"',
      'WWW-Authenticate',
      'Basic realm="holdfast"',
    ])
    expect(await challenges({ authKey: textKey('k') }, ['Authorization', 'Bearer x'])).toEqual([
      'WWW-Authenticate',
      'Bearer realm="holdfast", error="invalid_token"',
    ])
  })
})
