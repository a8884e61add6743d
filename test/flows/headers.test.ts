import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import type { HeaderList, RequestOptions } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { decodeToken, isSignedWith } from '../support/gripSig.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = { type: 'pkcs8', format: 'pem' } as const

const flow = useFlow(
  (origin) => [
    `* ${origin}`,
    `*,path_beg=/set,header=X-Set:one,header="X-Spaces:   two words",header=X-Gone:,header=User-Agent:proxy ${origin}`,
    `*,path_beg=/signed/own,sig_iss=own-issuer,sig_key=own-key ${origin}`,
    `*,path_beg=/signed/issuer,sig_iss=own-issuer ${origin}`,
    `*,path_beg=/signed/base64,sig_iss=b64,sig_key=base64:AAECAw== ${origin}`,
    `*,path_beg=/signed/ec,sig_iss=ec,sig_key=file:ec.pem ${origin}`,
    `*,path_beg=/signed/rsa,sig_iss=rsa,sig_key=file:rsa.pem ${origin}`,
    `*,path_beg=/signed/hex,sig_iss=hex,sig_key=file:secret.hex ${origin}`,
    `*,path_beg=/marked,orig_headers ${origin}`,
  ],
  {
    conf: { proxy: { orig_headers_need_mark: 'X-Trusted' } },
    files: {
      'ec.pem': ec.privateKey.export(pem) as string,
      'rsa.pem': rsa.privateKey.export(pem) as string,
      'secret.hex': '00010203\n',
    },
  },
)

describeFlows("a request's headers", () => {
  it('reach the origin in order, with their spelling, repeated ones apart', async () => {
    const headers: HeaderList = [
      ['X-Multi', 'one'],
      ['x-lower', 'l'],
      ['X-UPPER', 'u'],
      ['X-Multi', 'two, three'],
    ]
    const request = await flow.seen('', { headers })
    const ours = request.headers.filter(([name]) => /^x-/i.test(name))
    expect(ours).toEqual(headers)
  })

  it.each([
    ['Cookie', 'a=1; b=2'],
    ['Authorization', 'Bearer token'],
    ['If-None-Match', '"v1"'],
    ['If-Modified-Since', 'Sat, 21 Nov 2026 00:00:00 GMT'],
    ['Range', 'bytes=0-1'],
    ['Via', '1.1 before'],
    ['Origin', 'http://page.test'],
    ['Last-Event-ID', '17'],
  ])('reach the origin: %s', async (name, value) => {
    expect((await flow.seen('', { headers: { [name]: value } })).all(name)).toEqual([value])
  })

  it('lose Connection, Keep-Alive and Expect on the way', async () => {
    const headers = { Connection: 'keep-alive', 'Keep-Alive': 'timeout=12345', Expect: '100-continue' }
    const request = await flow.seen('', { method: 'POST', body: 'x', headers })
    expect(request.header('keep-alive')).toBeUndefined()
    expect(request.header('expect')).toBeUndefined()
  })

  it('lose Accept-Encoding, so that the origin does not compress what is to be held', async () => {
    const request = await flow.seen('', { headers: { 'Accept-Encoding': 'br;q=0.123' } })
    expect(request.headers.map(([, value]) => value)).not.toContain('br;q=0.123')
  })

  const itHops = holdfastOnly(it, 'ODD-6')
  itHops('lose what concerns one hop only', async () => {
    const headers: HeaderList = [
      ['Connection', 'keep-alive, X-Nominated'],
      ['X-Nominated', 'for one hop'],
      ['TE', 'trailers'],
      ['Proxy-Connection', 'keep-alive'],
      ['X-End-To-End', 'kept'],
    ]
    const request = await flow.seen('', { headers })
    const lost = ['x-nominated', 'te', 'proxy-connection'].map((name) => request.header(name))
    expect(lost).toEqual([undefined, undefined, undefined])
    expect(request.header('x-end-to-end')).toBe('kept')
  })

  holdfastOnly(it, 'ODD-7')('keep the Content-Encoding of a compressed body', async () => {
    const request = await flow.seen('', {
      method: 'POST',
      body: 'zipped',
      headers: { 'Content-Encoding': 'gzip' },
    })
    expect(request.header('content-encoding')).toBe('gzip')
  })

  it('get no Via and no Forwarded from the proxy', async () => {
    const request = await flow.seen()
    for (const name of ['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host']) {
      expect(request.header(name)).toBeUndefined()
    }
  })
})

describeFlows("a response's headers", () => {
  it('reach the client in order, repeated ones apart', async () => {
    const headers: HeaderList = [
      ['Set-Cookie', 'a=1'],
      ['X-Other', 'o'],
      ['Set-Cookie', 'b=2'],
      ['Via', '1.1 inner'],
      ['ETag', '"v1"'],
      ['Vary', 'Cookie'],
    ]
    const response = await flow.answered({ headers, body: 'x' })
    expect(response.headers.slice(0, headers.length)).toEqual(headers)
  })

  it('lose Keep-Alive on the way', async () => {
    const response = await flow.answered({ headers: { 'Keep-Alive': 'timeout=12345' }, body: 'x' })
    expect(response.header('keep-alive')).not.toBe('timeout=12345')
  })

  it('get no Date, Server or Via from the proxy', async () => {
    const response = await flow.answered({ body: 'x' })
    for (const name of ['date', 'server', 'via']) expect(response.header(name)).toBeUndefined()
  })

  holdfastOnly(it, 'ODD-6')('lose what the origin names in Connection', async () => {
    const path = flow.origin.rawAnswer(
      'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-Kept: 2\r\nContent-Length: 2\r\n\r\nok',
    )
    const response = await flow.get(path)
    expect(response.header('x-hop')).toBeUndefined()
    expect(response.header('x-kept')).toBe('2')
  })

  holdfastOnly(it, 'ODD-7')('keep the Content-Encoding of a compressed body', async () => {
    const response = await flow.answered({ headers: { 'Content-Encoding': 'gzip' }, body: 'zipped' })
    expect(response.header('content-encoding')).toBe('gzip')
    expect(response.text).toBe('zipped')
  })
})

describeFlows('the header property of a route', () => {
  it('sets, replaces and removes headers of the request', async () => {
    const headers: HeaderList = [
      ['X-Set', 'from the client'],
      ['x-set', 'twice'],
      ['X-Gone', 'unwanted'],
      ['User-Agent', 'client'],
    ]
    const request = await flow.seen('/set', { headers })
    expect(request.all('x-set')).toEqual(['one'])
    expect(request.all('x-spaces')).toEqual(['two words'])
    expect(request.all('x-gone')).toEqual([])
    expect(request.all('user-agent')).toEqual(['proxy'])
  })
})

describeFlows('Grip-Sig', () => {
  const tokenOf = async (under: string) => (await flow.seen(under)).header('grip-sig')!

  it('tells the origin that the request came through the proxy, signed with sig_key for an hour', async () => {
    const before = Math.floor(Date.now() / 1000)
    const token = await tokenOf('')
    const { header, claims } = decodeToken(token)
    expect(isSignedWith(token, 'changeme')).toBe(true)
    expect(header).toMatchObject({ alg: 'HS256' })
    expect(Object.keys(claims).sort()).toEqual(['exp', 'iss'])
    expect(claims.iss).toBe('pushpin')
    // Signing at most once a second per key may make it a little older.
    expect(claims.exp).toBeGreaterThanOrEqual(before + 3600 - 5)
    expect(claims.exp).toBeLessThanOrEqual(before + 3600 + 5)
  })

  it('is made with the issuer and key of the route', async () => {
    const token = await tokenOf('/signed/own')
    expect(isSignedWith(token, 'own-key')).toBe(true)
    expect(decodeToken(token).claims.iss).toBe('own-issuer')
  })

  const itSince138 = (reason: string) => holdfastOnly(it, `since 1.38: ${reason}`)
  itSince138('independent of sig_key')("takes the route's issuer with the global key", async () => {
    const token = await tokenOf('/signed/issuer')
    expect(isSignedWith(token, 'changeme')).toBe(true)
    expect(decodeToken(token).claims.iss).toBe('own-issuer')
  })

  it('takes a base64 key', async () => {
    expect(isSignedWith(await tokenOf('/signed/base64'), Buffer.from([0, 1, 2, 3]))).toBe(true)
  })

  it('is ES256 with an EC key from a PEM file beside the routes file', async () => {
    const token = await tokenOf('/signed/ec')
    expect(decodeToken(token).header).toMatchObject({ alg: 'ES256' })
    expect(isSignedWith(token, ec.publicKey)).toBe(true)
  })

  it('is RS256 with an RSA key from a PEM file', async () => {
    const token = await tokenOf('/signed/rsa')
    expect(decodeToken(token).header).toMatchObject({ alg: 'RS256' })
    expect(isSignedWith(token, rsa.publicKey)).toBe(true)
  })

  itSince138('hex keys')('takes a key from a file of hex digits', async () => {
    expect(isSignedWith(await tokenOf('/signed/hex'), Buffer.from([0, 1, 2, 3]))).toBe(true)
  })
})

describeFlows('Grip headers', () => {
  it('of an ordinary client do not reach the origin', async () => {
    const headers: HeaderList = [
      ['Grip-Sig', 'forged'],
      ['Grip-Last', 'channel; last-id=1'],
      ['grip-anything', 'x'],
      ['Grip-Feature', 'all'],
    ]
    const request = await flow.seen('', { headers })
    expect(request.all('grip-sig')).not.toContain('forged')
    expect(request.all('grip-sig')).toHaveLength(1)
    expect(request.header('grip-last')).toBeUndefined()
    expect(request.header('grip-anything')).toBeUndefined()
    expect(request.all('grip-feature')).not.toContain('all')
  })

  it('tell the origin what the proxy can do', async () => {
    const features = (await flow.seen()).header('grip-feature')!.split(', ')
    expect(features).toContain('status')
  })

  it('of the origin do not reach the client', async () => {
    const response = await flow.answered({ headers: { 'Grip-Unknown': 'x', 'X-Kept': 'y' }, body: 'plain' })
    expect(response.text).toBe('plain')
    expect(response.header('grip-unknown')).toBeUndefined()
    expect(response.header('x-kept')).toBe('y')
  })
})

describeFlows('orig_headers', () => {
  const markedNames = (request: { headers: HeaderList }) =>
    request.headers
      .filter(([name]) => /^eb9bf0f5-x-/i.test(name))
      .map(([name, value]) => [name.toLowerCase(), value])
  const sent: RequestOptions = { headers: { 'X-One': '1', 'X-Trusted': 'plain', 'eb9bf0f5-X-Marked': 'm' } }

  it('sends every header of the client in marked form too, behind the others', async () => {
    const request = await flow.seen('/marked', { headers: { 'X-One': '1', 'X-Two': '2' } })
    expect(request.header('x-one')).toBe('1')
    expect(markedNames(request)).toEqual([
      ['eb9bf0f5-x-one', '1'],
      ['eb9bf0f5-x-two', '2'],
    ])
  })

  it('leaves headers of orig_headers_need_mark unmarked and keeps what is marked', async () => {
    expect(markedNames(await flow.seen('/marked', sent)).sort()).toEqual([
      ['eb9bf0f5-x-marked', 'm'],
      ['eb9bf0f5-x-one', '1'],
    ])
  })

  it('left out removes marked headers', async () => {
    expect(markedNames(await flow.seen('', sent))).toEqual([])
  })
})

describeFlows('X-Forwarded-Proto as in the example configuration', () => {
  it('of a client does not reach the origin', async () => {
    const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Protocol': 'https' }
    const request = await flow.seen('', { headers })
    expect(request.header('x-forwarded-proto')).toBeUndefined()
  })
})

describeFlows('accept_x_forwarded_protocol', () => {
  const accepting = useFlow((origin) => [`* ${origin}`], {
    conf: { proxy: { accept_x_forwarded_protocol: true, set_x_forwarded_protocol: true } },
  })

  it.each(['X-Forwarded-Proto', 'X-Forwarded-Protocol'])(
    'takes https in %s for TLS and says so to the origin',
    async (name) => {
      const request = await accepting.seen('', { headers: { [name]: 'https' } })
      expect(request.all('x-forwarded-proto')).toEqual(['https'])
      expect(request.all('x-forwarded-protocol')).toEqual(['https'])
    },
  )

  it('drops what is not https', async () => {
    const request = await accepting.seen('', { headers: { 'X-Forwarded-Proto': 'http' } })
    expect(request.header('x-forwarded-proto')).toBeUndefined()
  })
})

describeFlows('set_x_forwarded_protocol=false', () => {
  const leaving = useFlow((origin) => [`* ${origin}`], {
    conf: { proxy: { set_x_forwarded_protocol: false } },
  })

  it('leaves the header as the client sent it', async () => {
    const request = await leaving.seen('', { headers: { 'X-Forwarded-Proto': 'https' } })
    expect(request.all('x-forwarded-proto')).toEqual(['https'])
  })
})

const forwardedRules: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['', ['1.1.1.1', '2.2.2.2,3.3.3.3'], '1.1.1.1, 2.2.2.2, 3.3.3.3'],
  ['append', ['1.1.1.1'], '1.1.1.1, 127.0.0.1'],
  ['append', [], '127.0.0.1'],
  ['truncate:0', ['1.1.1.1'], undefined],
  ['truncate:0,append', ['1.1.1.1', '2.2.2.2'], '127.0.0.1'],
  ['truncate:2', ['1.1.1.1, 2.2.2.2', '3.3.3.3'], '2.2.2.2, 3.3.3.3'],
  ['truncate:1,append', ['1.1.1.1, 2.2.2.2'], '2.2.2.2, 127.0.0.1'],
]
for (const rule of new Set(forwardedRules.map(([name]) => name))) {
  describeFlows(`x_forwarded_for=${rule}`, () => {
    const forwarding = useFlow((origin) => [`* ${origin}`], { conf: { proxy: { x_forwarded_for: rule } } })
    const cases = forwardedRules.filter(([name]) => name === rule).map(([, sent, seen]) => ({ sent, seen }))

    it.each(cases)('makes $seen of $sent', async ({ sent, seen }) => {
      const headers = sent.map((value): [string, string] => ['X-Forwarded-For', value])
      const request = await forwarding.seen('', { headers })
      expect(request.all('x-forwarded-for')).toEqual(seen === undefined ? [] : [seen])
    })
  })
}

describeFlows('cdn_loop', () => {
  const looping = useFlow((origin) => [`* ${origin}`], { conf: { proxy: { cdn_loop: 'holdfast.test' } } })
  const itLoops = holdfastOnly(it, 'since 1.37')

  itLoops('adds its name to CDN-Loop', async () => {
    expect((await looping.seen()).all('cdn-loop')).toEqual(['holdfast.test'])
    const headers: HeaderList = [
      ['CDN-Loop', 'one.test, two.test'],
      ['CDN-Loop', 'three.test'],
    ]
    const request = await looping.seen('', { headers })
    expect(request.all('cdn-loop')).toEqual(['one.test, two.test, three.test, holdfast.test'])
  })
})

describeFlows('an empty sig_key', () => {
  const unsigned = useFlow((origin) => [`* ${origin}`], { conf: { proxy: { sig_key: '' } } })

  it('leaves Grip-Sig out', async () => {
    const token = (await unsigned.seen()).header('grip-sig')
    // Pushpin 1.36 signs with an empty secret.
    expect(token === undefined).toBe(expected({ holdfast: true, pushpin: false }))
  })
})
