import { describe, expect, it } from 'vitest'
import { type Credentials, parseDestination } from '../../../src/cli/publish/destination.ts'
import { decodeToken, isSignedWith } from '../../support/gripSig.ts'

const nobody: Credentials = { user: undefined, bearer: undefined }

function http(
  spec: string,
  credentials: Partial<Credentials> = {},
): { url: string; authorization: string | undefined } {
  const destination = parseDestination(spec, { ...nobody, ...credentials })
  if (destination.kind !== 'http') throw new Error('not HTTP')
  return { url: destination.url.href, authorization: destination.authorization }
}

describe('a GRIP URL', () => {
  it.each([
    ['http://localhost:5561', 'http://localhost:5561/publish/'],
    ['http://localhost:5561/', 'http://localhost:5561/publish/'],
    ['https://api.example.com/service/ID', 'https://api.example.com/service/ID/publish/'],
    ['http://[::1]:5561/a/', 'http://[::1]:5561/a/publish/'],
  ])('%s leads to %s', (spec, url) => expect(http(spec)).toEqual({ url, authorization: undefined }))

  it('may have the key, which is sent as it is and not in the URL', () => {
    expect(http('http://h:1?key=k%26y&verify-iss=a&verify-key=b')).toEqual({
      url: 'http://h:1/publish/',
      authorization: 'Bearer k&y',
    })
    expect(http('http://h:1?key=base64:AP/+').authorization).toBe('Bearer base64:AP/+')
  })

  it('may have an issuer, for which the key signs a token', () => {
    const { authorization = '' } = http('http://h:1?iss=me&key=base64:AP/%2B')
    const token = authorization.replace('Bearer ', '')
    expect(isSignedWith(token, Buffer.from([0, 255, 254]))).toBe(true)
    expect(decodeToken(token).claims.iss).toBe('me')
  })

  it('may have a user with a password', () => {
    expect(http('http://me:p%40ss@h:1')).toEqual({
      url: 'http://h:1/publish/',
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    })
  })

  it('gives way to the flags', () => {
    expect(http('https://h?key=k', { bearer: 'b' }).authorization).toBe('Bearer b')
    expect(http('https://a:b@h', { user: 'c:d' }).authorization).toBe('Basic Yzpk')
  })

  it('of another machine without TLS gets no password of a flag, in the words of pushpin-publish', () => {
    expect(() => http('http://example.com', { user: 'a:b' })).toThrow('Authentication requires https')
    expect(() => http('http://example.com', { bearer: 'b' })).toThrow('Authentication requires https')
    expect(http('http://[::1]:5561', { bearer: 'b' }).authorization).toBe('Bearer b')
  })

  it('takes one way to authenticate', () => {
    expect(() => http('https://h', { user: 'a:b', bearer: 'b' })).toThrow(
      'only one authentication method can be specified',
    )
  })

  it('that is none is refused', () => expect(() => http('http://')).toThrow('invalid URL'))
})

it('all that is no URL of HTTP is a ZeroMQ spec', () => {
  expect(parseDestination('tcp://localhost:5560', nobody)).toEqual({
    kind: 'zeroMq',
    spec: 'tcp://localhost:5560',
  })
})
