import { afterEach, expect, it } from 'vitest'
import { get, type RequestOptions } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { startOrigin } from '../support/origin.ts'
import { describeFlows, expected, holdfastOnly, type Running, startTarget } from '../support/target.ts'

/** Every route adds a header that names it, so that the origin can tell which one was taken. */
const named = (name: string) => `header=X-Route:${name}`
const routeMissing = (host: string) =>
  expected({ holdfast: 'Route not found\n', pushpin: `No route for host: ${host}\n` })

const flow = useFlow(
  (origin) => [
    `* ${origin}`,
    `*,path_beg=/short,${named('short')} ${origin}`,
    `*,path_beg=/short/longer,${named('longer')} ${origin}`,
    `*,path_beg=/short/l,${named('l')} ${origin}`,
    `*,path_beg=/with%20space,${named('encoded')} ${origin}`,
    `*,path_beg=/ws-only,proto=ws,${named('ws')} ${origin}`,
    `*,path_beg=/proto/deeper,${named('deeper')} ${origin}`,
    `*,path_beg=/proto,proto=http,${named('proto')} ${origin}`,
    `*,path_beg=/tls,ssl=yes,${named('tls')} ${origin}`,
    `*,path_beg=/tls,ssl=no,${named('plain')} ${origin}`,
    `*,path_beg=/any-tls,${named('any')} ${origin}`,
    `*,path_beg=/any-tls,ssl=yes,${named('tls')} ${origin}`,
    `*,path_beg=/odd3/longer,${named('longer')} ${origin}`,
    `*,path_beg=/odd3,ssl=yes,${named('tls')} ${origin}`,
    `hosted.test,${named('hosted')} ${origin}`,
    `partly.test,path_beg=/part,${named('part')} ${origin}`,
    `*.wild.test,${named('wild')} ${origin}`,
    `exact.wild.test,${named('exact')} ${origin}`,
    `*,path_beg=/commented#,no_such ${origin}`,
    `*,path_beg=/twice,${named('first')} ${origin}`,
    `*,path_beg=/twice,${named('second')} ${origin}`,
    `*,path_beg=/spaces,${named('spaces')}     ${origin}   # a comment`,
    `*,path_beg="/quoted,path",header="X-Route:with \\"quotes\\", # and spaces" ${origin}`,
    `*,path_beg=/unknown-prop,no_such_prop=1,neither,${named('unknown')} ${origin},no_such`,
    `*,path_beg=/overwritten,path_beg=/last-wins,${named('last')} ${origin}`,
    `path_beg=/only-by-id,id=hidden,${named('hidden')} ${origin}`,
    `*,path_beg=/rem/cut,path_rem=4,${named('rem')} ${origin}`,
    `*,path_beg=/old,replace_beg=/new,path_rem=1,${named('replaced')} ${origin}`,
    `*,path_beg=/as-host,as_host=other.test ${origin}`,
    `*,path_beg=/as-port,as_host=other.test:8123 ${origin}`,
    `*,path_beg=/target-host ${origin},host=target.test`,
    `*,path_beg=/named,id=by-id,${named('by-id')} ${origin}`,
    `*,path_beg=/shared-a,id=shared,${named('shared-a')} ${origin}`,
    `*,path_beg=/shared-b,id=shared,${named('shared-b')} ${origin}`,
  ],
  { conf: { proxy: { accept_x_forwarded_protocol: true, accept_pushpin_route: true } } },
)

const routeOf = async (under: string, options?: RequestOptions) =>
  (await flow.seen(under, options)).header('x-route')
const overTls = { 'X-Forwarded-Proto': 'https' }

describeFlows('the choice of a route', () => {
  it('takes the route without conditions when no other fits', async () => {
    expect(await routeOf('/nothing-special')).toBeUndefined()
  })

  it('takes the longest path_beg, wherever its line stands', async () => {
    expect(await routeOf('/short')).toBe('short')
    expect(await routeOf('/short/longer')).toBe('longer')
    expect(await routeOf('/short/lo')).toBe('l')
  })

  it('compares path_beg as plain text, not by path segments', async () => {
    expect(await routeOf('/shorty')).toBe('short')
  })

  it('compares path_beg with the path as it was sent, percent-encoded', async () => {
    expect(await routeOf('/with%20space')).toBe('encoded')
  })

  it('keeps HTTP requests off a route with proto=ws', async () => {
    expect(await routeOf('/ws-only')).toBeUndefined()
  })

  it('prefers a route with proto over one with a longer path', async () => {
    expect(await routeOf('/proto/deeper')).toBe('proto')
  })

  it('takes ssl=yes for requests that came over TLS and ssl=no for others', async () => {
    expect(await routeOf('/tls', { headers: overTls })).toBe('tls')
    expect(await routeOf('/tls')).toBe('plain')
  })

  it('prefers a route with ssl over one without', async () => {
    expect(await routeOf('/any-tls', { headers: overTls })).toBe('tls')
    expect(await routeOf('/any-tls')).toBe('any')
  })

  holdfastOnly(it, 'ODD-3')('prefers a longer path over a route with ssl', async () => {
    expect(await routeOf('/odd3/longer', { headers: overTls })).toBe('longer')
  })

  it('takes the routes of the exact host, whatever its case and port', async () => {
    expect(await routeOf('/', { host: 'hosted.test' })).toBe('hosted')
    expect(await routeOf('/', { host: 'HOSTED.test:7999' })).toBe('hosted')
  })

  it('answers 502 for a path that the routes of its host leave out, although * would take it', async () => {
    const response = await flow.get('/elsewhere', { host: 'partly.test' })
    expect(response.status).toBe(502)
    expect(response.reason).toBe('Bad Gateway')
    expect(response.header('content-type')).toBe('text/plain')
    expect(response.text).toBe(routeMissing('partly.test'))
    expect(await routeOf('/part', { host: 'partly.test' })).toBe('part')
  })

  const itWild = holdfastOnly(it, 'Pushpin has no wildcard hosts')
  itWild('takes a route of *.domain for its sub-domains, unless one names the host', async () => {
    expect(await routeOf('/', { host: 'any.wild.test' })).toBe('wild')
    expect(await routeOf('/', { host: 'exact.wild.test' })).toBe('exact')
    expect(await routeOf('/', { host: 'wild.test' })).toBeUndefined()
  })

  it('drops the later one of two lines with the same condition and says so', async () => {
    expect(await routeOf('/twice')).toBe('first')
    expect(flow.server.logs()).toMatch(/routes:21:? skipping duplicate condition/)
  })
})

describeFlows('the grammar of a route line', () => {
  it('ends a line at #, even inside a token', async () => {
    const lines = flow.server.logs()
    expect(lines).toMatch(/routes:19: /)
    expect(await routeOf('/commented')).toBeUndefined()
  })

  it('allows several spaces between sections and a comment behind them', async () => {
    expect(await routeOf('/spaces')).toBe('spaces')
  })

  it('reads commas, spaces, escaped quotes and # inside quotes as text', async () => {
    expect(await routeOf('/quoted,path')).toBe('with "quotes", # and spaces')
  })

  it('takes a line that has properties it does not know', async () => {
    expect(await routeOf('/unknown-prop')).toBe('unknown')
  })

  it('takes the last one of a property that is repeated', async () => {
    expect(await routeOf('/last-wins')).toBe('last')
    expect(await routeOf('/overwritten')).toBeUndefined()
  })
})

describeFlows('what a route changes in the request', () => {
  it('cuts path_rem bytes off the path', async () => {
    const request = await flow.seen('/rem/cut', { query: '?a=b' })
    expect(request.target).toMatch(/^\/cut\/p-[^/]+\?a=b$/)
  })

  it('puts replace_beg in the place of path_beg, whatever path_rem says', async () => {
    const request = await flow.seen('/old/er', { query: '?a=b' })
    expect(request.target).toMatch(/^\/new\/er\/p-[^/]+\?a=b$/)
  })

  it('gives the origin the host of as_host, with its port', async () => {
    expect((await flow.seen('/as-host')).header('host')).toBe('other.test')
    expect((await flow.seen('/as-port')).header('host')).toBe('other.test:8123')
  })

  it("gives the origin the host of the target's host property", async () => {
    expect((await flow.seen('/target-host')).header('host')).toBe('target.test')
  })

  it("gives the origin the client's host otherwise", async () => {
    expect((await flow.seen('/', { host: 'client.test:8080' })).header('host')).toBe('client.test:8080')
  })

  it.each([
    ['Client.TEST', 'client.test'],
    ['client.test:80', 'client.test'],
    ['client.test:443', 'client.test:443'],
  ])(
    'gives the origin the host %s as %s: in lower case, without a port that goes without saying',
    async (host, seen) => {
      expect((await flow.seen('/', { host })).header('host')).toBe(seen)
    },
  )
})

const byId = (id: string) => ({ headers: { 'Pushpin-Route': id } })

describeFlows('a request that names its route with Pushpin-Route', () => {
  it('takes the route of that id, whatever its host', async () => {
    const request = await flow.seen('/named', { ...byId('by-id'), host: 'hosted.test' })
    expect(request.header('x-route')).toBe('by-id')
    expect(request.header('pushpin-route')).toBeUndefined()
  })

  it('is routed by its host when it names none', async () => {
    expect(await routeOf('/spaces', byId(''))).toBe('spaces')
  })

  it('reaches a route without a domain, which nothing else reaches', async () => {
    expect(await routeOf('/only-by-id')).toBeUndefined()
    expect(await routeOf('/only-by-id', byId('hidden'))).toBe('hidden')
  })

  it('is answered 502 for an id that no route has', async () => {
    const response = await flow.get('/', byId('no-such-id'))
    expect(response.status).toBe(502)
  })

  const itMain = holdfastOnly(it, 'Pushpin ignores path_beg here until 2.0')
  itMain('is answered 502 when the path does not fit the route', async () => {
    const response = await flow.get('/elsewhere', byId('by-id'))
    expect(response.status).toBe(502)
    expect(response.text).toBe('Route not found\n')
  })

  it('is routed by its host when several routes share the id (ODD-4)', async () => {
    expect(await routeOf('/shared-b', byId('shared'))).toBe('shared-b')
  })

  it('finds a route without an id by its conditions', async () => {
    expect(await routeOf('/short', byId('*,*,*,/short'))).toBe('short')
    expect(await routeOf('/proto', byId('*,http,*,/proto'))).toBe('proto')
  })

  holdfastOnly(it, 'ODD-2')('finds a route of ssl=yes by ssl in its automatic id', async () => {
    expect(await routeOf('/tls', byId('*,*,ssl,/tls'))).toBe('tls')
  })
})

describeFlows('lines that cannot be used', () => {
  let server: Running | undefined
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })

  it('are skipped, each with its place and its reason in the log, while the others serve', async () => {
    // Pushpin 1.36 leaves the reason out for faults inside quotes.
    const lexical = (reason: string) => expected({ holdfast: reason, pushpin: '' })
    const bad: [string, string][] = [
      ['*,proto=ftp 127.0.0.1:1', "proto must be set to 'http' or 'ws'"],
      ['*,ssl=maybe 127.0.0.1:1', "ssl must be set to 'yes' or 'no'"],
      ['*,path_beg= 127.0.0.1:1', 'path_beg cannot be empty'],
      ['*,header=novalue 127.0.0.1:1', "header must use format 'name:value'"],
      ['*,jsonp_mode=wild 127.0.0.1:1', "jsonp_mode must be set to 'basic' or 'extended'"],
      ['* localhost', 'target bad format'],
      ['* localhost:nine', 'target invalid port'],
      ['* localhost:65536', 'target invalid port'],
      ['*', 'must specify condition and at least one target'],
      ['*,path_beg="/open 127.0.0.1:1', lexical('unterminated quoted section')],
      ['*,path_beg="/bad\\x" 127.0.0.1:1', lexical('unexpected escape character: x')],
      ['*, 127.0.0.1:1', 'expecting prop'],
      ['*,=x 127.0.0.1:1', 'empty prop name'],
    ]
    const lines = ['# the first line', ...bad.map(([line]) => line), '', '* test']
    server = await startTarget({ routes: lines })
    const reasons = server.logs()
    for (const [index, [, reason]] of bad.entries())
      expect(reasons).toContain(`routes:${index + 2}: ${reason}`)
    expect((await get(server.port, '/')).status).toBe(200)
  })

  it('leave a server without routes that answers 502 when there is no routes file', async () => {
    server = await startTarget({ routes: undefined })
    const response = await get(server.port, '/', { host: 'nobody.test' })
    expect(response.status).toBe(502)
    expect(response.text).toBe(routeMissing('nobody.test'))
  })
})

describeFlows('routes given as flags', () => {
  it('replace the routes file', async () => {
    const origin = await startOrigin()
    const server = await startTarget({
      routes: [`*,${named('file')} ${origin.address}`],
      routeFlags: [
        // A mistake in a flag ends holdfast at once.
        ...expected({ holdfast: [], pushpin: ['not a route'] }),
        `*,${named('flag')} ${origin.address}`,
        `flagged.test,${named('host')} ${origin.address}`,
      ],
    })
    try {
      const path = origin.answer({ body: 'ok' })
      await get(server.port, path)
      await get(server.port, path, { host: 'flagged.test' })
      expect(origin.requests(path).map((request) => request.header('x-route'))).toEqual(['flag', 'host'])
    } finally {
      await server.stop()
      await origin.stop()
    }
  })
})

it('leaves Pushpin-Route to the origin when accept_pushpin_route is off', async () => {
  const origin = await startOrigin()
  const server = await startTarget({
    routes: [`* ${origin.address}`, `id=other,${named('other')} ${origin.address}`],
  })
  try {
    const path = origin.answer({ body: 'ok' })
    await get(server.port, path, { headers: { 'Pushpin-Route': 'other' } })
    const request = await origin.request(path)
    expect(request.header('x-route')).toBeUndefined()
    expect(request.header('pushpin-route')).toBe('other')
  } finally {
    await server.stop()
    await origin.stop()
  }
})
