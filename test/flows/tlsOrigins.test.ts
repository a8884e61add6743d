import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE, HOST_CERTIFICATE, WILDCARD_CERTIFICATE } from '../support/certificates.ts'
import { useFlow } from '../support/flow.ts'
import { type ScriptedOrigin, startOrigin } from '../support/origin.ts'
import type { OriginListening } from '../support/originServer.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
import { dropClients, SocketClient, shakeHands } from '../support/webSocket/socketClient.ts'
import { type SocketOrigin, startSocketOrigin } from '../support/webSocket/socketOrigin.ts'

/** One certificate, shown to plain requests and to those of WebSockets. */
interface Pair {
  readonly http: ScriptedOrigin
  readonly sockets: SocketOrigin
}

async function startPair(listening: OriginListening): Promise<Pair> {
  return { http: await startOrigin(listening), sockets: await startSocketOrigin(listening) }
}

/** For default.test, localhost and 127.0.0.1, and trusted by the server. */
const known = await startPair({ certificate: DEFAULT_CERTIFICATE })
/** For a.example.test; nobody vouches for it. */
const unknown = await startPair({ certificate: HOST_CERTIFICATE })
/** Like `known`, for those who show a certificate. */
const locked = await startPair({ certificate: DEFAULT_CERTIFICATE, clientCertificate: WILDCARD_CERTIFICATE })

const folder = mkdtempSync(join(tmpdir(), 'authorities-'))
const authorities = join(folder, 'known.pem')
writeFileSync(authorities, DEFAULT_CERTIFICATE.cert)

const CLIENT_PAIR = 'client_cert=client.crt,client_key=client.key'

/** By the first part of the path: which origins, how they are reached, what clients ask for, and what they get. */
const CASES = {
  /** The certificate is for the host that the client asks for. */
  named: { to: known, terms: '', host: 'default.test', serverName: 'default.test' },
  ported: { to: known, terms: '', host: 'default.test:8443', serverName: 'default.test' },
  /** And for the address that the client asks for, which is no name. */
  address: { to: known, terms: '', host: '127.0.0.1', serverName: false },
  misnamed: { to: known, terms: '', host: 'other.test', serverName: undefined },
  /** The host is the target's own business. */
  renamed: { to: known, terms: ',host=default.test', host: 'other.test', serverName: 'default.test' },
  connected: { to: known, terms: ',trust_connect_host', host: 'other.test', serverName: 'localhost' },
  stranger: { to: unknown, terms: '', host: 'a.example.test', serverName: undefined },
  insecure: { to: unknown, terms: ',insecure', host: 'other.test', serverName: 'other.test' },
  anonymous: { to: locked, terms: '', host: 'default.test', serverName: undefined },
  presented: { to: locked, terms: `,${CLIENT_PAIR}`, host: 'default.test', serverName: 'default.test' },
} as const

type CaseName = keyof typeof CASES
const names = Object.keys(CASES) as CaseName[]
const isReached = (name: CaseName): boolean => CASES[name].serverName !== undefined

function routesOf(name: CaseName): string[] {
  const { to, terms } = CASES[name]
  const http = `localhost:${to.http.port},ssl${terms}`
  const sockets = `localhost:${to.sockets.port},ssl${terms}`
  return [
    `*,path_beg=/http/${name} ${http}`,
    `*,path_beg=/plain/${name},no_grip ${http}`,
    `*,path_beg=/native/${name} ${sockets}`,
    `*,path_beg=/events/${name} ${sockets},over_http`,
    `*,path_beg=/passed/${name},no_grip ${sockets}`,
  ]
}

const flow = useFlow(
  (origin) => [
    `*,path_beg=/start ${origin}`,
    `*,path_beg=/second ${`localhost:${unknown.http.port},ssl ${origin}`}`,
    ...names.flatMap(routesOf),
  ],
  {
    files: {
      'client.crt': WILDCARD_CERTIFICATE.cert,
      'client.key': WILDCARD_CERTIFICATE.key,
    },
    env: { NODE_EXTRA_CA_CERTS: authorities },
  },
)

afterAll(async () => {
  dropClients()
  rmSync(folder, { recursive: true })
  await Promise.all([known, unknown, locked].flatMap(({ http, sockets }) => [http.stop(), sockets.stop()]))
})

/** What the origin saw of a request's connection: the name that was asked for, `false` for none. */
function serverNameOf({ socket }: IncomingMessage): string | false {
  return (socket as TLSSocket).servername ?? false
}

const itVerifies = holdfastOnly(
  it,
  'Pushpin 1.36 takes no certificate authorities of its own and no client certificates',
)

describeFlows('a request to an origin with TLS', () => {
  itVerifies.each(
    names.filter(isReached).flatMap((name) => [['/http', name] as const, ['/plain', name] as const]),
  )('below %s/%s is answered', async (under, name) => {
    const { to, host, serverName } = CASES[name]
    const path = to.http.answer({ body: 'reached' }, `${under}/${name}`)
    expect((await flow.get(path, { host })).text).toBe('reached')
    const seen = await to.http.request(path)
    expect(serverNameOf(seen.incoming)).toBe(serverName)
    expect(seen.header('host')).toBe(name === 'renamed' ? 'default.test' : host)
  })

  itVerifies.each(
    names
      .filter((name) => !isReached(name))
      .flatMap((name) => [['/http', name] as const, ['/plain', name] as const]),
  )('below %s/%s is refused with 502, and the origin gets nothing', async (under, name) => {
    const { to, host } = CASES[name]
    const path = to.http.answer({ body: 'reached' }, `${under}/${name}`)
    const response = await flow.get(path, { host })
    expect([response.status, response.text]).toEqual([502, 'Error while proxying to origin.\n'])
    expect(to.http.requests(path)).toEqual([])
  })

  it('goes to the next target where the certificate cannot be trusted', async () => {
    expect((await flow.answered({ body: 'the second' }, '/second')).text).toBe('the second')
  })

  itVerifies('does not use a connection that was opened for another name', async () => {
    const path = known.http.answer({ body: 'reached' }, '/http/named')
    expect((await flow.get(path, { host: 'default.test' })).status).toBe(200)
    expect((await flow.get(path, { host: 'other.test' })).status).toBe(502)
    expect((await flow.get(path, { host: 'default.test' })).status).toBe(200)
  })
})

/** Makes a page whose own route the link does not match, so that it goes by the others. */
function linkedTo(next: string): string {
  return flow.origin.answer({ headers: { 'Grip-Link': `<${next}>; rel=next` }, body: 'one ' }, '/start')
}

describeFlows('a next link to an origin with TLS', () => {
  itVerifies.each(names.filter(isReached))('below /http/%s is followed', async (name) => {
    const { to, host, serverName } = CASES[name]
    const next = to.http.answer({ body: 'two' }, `/http/${name}`)
    const path = linkedTo(next)
    expect((await flow.get(path, { host })).text).toBe('one two')
    expect(serverNameOf((await to.http.request(next)).incoming)).toBe(serverName)
  })

  itVerifies.each(names.filter((name) => !isReached(name)))('below /http/%s is not', async (name) => {
    const { to, host } = CASES[name]
    const next = to.http.answer({ body: 'two' }, `/http/${name}`)
    const path = linkedTo(next)
    const stream = await flow.openStream(path, { host })
    await stream.until('one ')
    await eventually('its failure in the log', () =>
      flow.server.logs().includes(`next link ${next}: origin `),
    )
    stream.client.destroy()
    expect(to.http.requests(next)).toEqual([])
  })
})

describeFlows('a WebSocket to an origin with TLS', () => {
  const ways = ['/native', '/events', '/passed'] as const

  itVerifies.each(ways.flatMap((way) => names.filter(isReached).map((name) => [way, name] as const)))(
    'below %s/%s is opened',
    async (under, name) => {
      const { to, host, serverName } = CASES[name]
      const path = to.sockets.script(under === '/passed' ? { headers: [] } : {}, `${under}/${name}`)
      const client = await shakeHands(flow.server.port, path, { host })
      if (!(client instanceof SocketClient)) throw new Error(`refused: ${client.status} ${client.body}`)
      client.send('hello')
      const origin = await to.sockets.opened(path)
      await origin.hears('text hello')
      expect(serverNameOf(origin.request)).toBe(serverName)
      expect(origin.all('host')).toEqual([name === 'renamed' ? 'default.test' : host])
      client.drop()
    },
  )

  itVerifies.each(
    ways.flatMap((way) => names.filter((name) => !isReached(name)).map((name) => [way, name] as const)),
  )('below %s/%s is refused with 502, and the origin gets nothing', async (under, name) => {
    const { to, host } = CASES[name]
    const path = to.sockets.script({}, `${under}/${name}`)
    const answer = await shakeHands(flow.server.port, path, { host })
    expect(answer).toMatchObject({ status: 502 })
    expect(to.sockets.requests(path)).toEqual([])
  })
})
