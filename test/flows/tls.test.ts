import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  DEFAULT_CERTIFICATE,
  HOST_CERTIFICATE,
  RENEWED_CERTIFICATE,
  type TestCertificate,
  WILDCARD_CERTIFICATE,
} from '../support/certificates.ts'
import { Flow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { RawClient } from '../support/rawClient.ts'
import { describeFlows, expected, holdfastOnly, startTarget } from '../support/target.ts'
import { within } from '../support/waiting.ts'

const flow = new Flow()
const itRefuses = holdfastOnly(it, 'Pushpin takes two Host headers')
const itGoesFurther = holdfastOnly(it, 'Pushpin speaks TLS 1.2 alone, and 1.36 has no modes for unix sockets')
let tlsPort: number
/** Has files for one name only, and for no other client. */
let bareTlsPort: number

/** Whom a socket can be given to: somebody else, if we may, or else ourselves. */
const isRoot = process.getuid?.() === 0
const owner = isRoot ? 'daemon' : String(process.getuid?.())
const group = isRoot ? 'daemon' : String(process.getgid?.())
const idOf = (flag: string): number => Number(execFileSync('id', [flag, owner], { encoding: 'utf8' }))

/** Pushpin makes none. */
const newFolder = expected({ holdfast: 'new/folder/', pushpin: '' })

beforeAll(async () => {
  tlsPort = await freePort()
  bareTlsPort = await freePort()
  flow.origin = await startOrigin()
  flow.server = await startTarget({
    routes: [`* ${flow.origin.address}`],
    conf: {
      runner: {
        https_ports: `127.0.0.1:${tlsPort},127.0.0.1:${bareTlsPort}`,
        local_ports: `${newFolder}clients.sock?mode=600,shared.sock?mode=660&user=${owner}&group=${group}`,
      },
    },
    files: {
      ...pairFiles(`default_${tlsPort}`, DEFAULT_CERTIFICATE),
      ...pairFiles('a.example.test', HOST_CERTIFICATE),
      ...pairFiles('_.example.test', WILDCARD_CERTIFICATE),
    },
  })
})

afterAll(async () => {
  await flow.server?.stop()
  await flow.origin?.stop()
})

function pairFiles(name: string, { cert, key }: TestCertificate): Record<string, string> {
  return { [`runner/certs/${name}.crt`]: cert, [`runner/certs/${name}.key`]: key }
}

const printOf = ({ cert }: TestCertificate): string => new X509Certificate(cert).fingerprint256

/** Opens a connection whatever certificate is shown; fails when the handshake does. */
function open(options: ConnectionOptions = {}): Promise<TLSSocket> {
  return within(
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false, ...options })
      socket.once('secureConnect', () => resolve(socket))
      socket.once('error', reject)
    }),
    5000,
    () => 'the handshake',
  )
}

async function shownTo(options: ConnectionOptions): Promise<string> {
  const socket = await open(options)
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

async function openRaw(options?: ConnectionOptions): Promise<RawClient> {
  return new RawClient(await open(options))
}

/** A request whose answer's certificate is checked. */
function getSecurely(path: string, options: RequestOptions = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port: tlsPort, path, ca: DEFAULT_CERTIFICATE.cert, ...options },
      async (response) => resolve({ status: response.statusCode ?? 0, text: await text(response) }),
    )
      .on('error', reject)
      .end()
  })
}

describeFlows('TLS', () => {
  it('a client that trusts the certificate gets what the origin answers, and the origin is told of TLS', async () => {
    const path = flow.origin.answer({ body: 'secret' })
    expect(await getSecurely(path)).toEqual({ status: 200, text: 'secret' })
    const seen = await flow.origin.request(path)
    expect(seen.header('x-forwarded-proto')).toBe('https')
  })

  it.each([
    ['its own name', 'a.example.test', HOST_CERTIFICATE],
    ['a name below a wildcard', 'b.example.test', WILDCARD_CERTIFICATE],
    ['a name that no file is for', 'other.test', DEFAULT_CERTIFICATE],
  ])('a client that asks for %s is shown the right certificate', async (_case, servername, expected) => {
    expect(await shownTo({ servername })).toBe(printOf(expected))
  })

  it('a client that asks for no name is shown the default of the port, also after it is renewed', async () => {
    expect(await shownTo({})).toBe(printOf(DEFAULT_CERTIFICATE))
    const place = join(flow.server.directory, 'runner/certs', `default_${tlsPort}`)
    try {
      writeFileSync(`${place}.key`, RENEWED_CERTIFICATE.key)
      writeFileSync(`${place}.crt`, RENEWED_CERTIFICATE.cert)
      expect(await shownTo({})).toBe(printOf(RENEWED_CERTIFICATE))
      expect(await shownTo({ servername: 'other.test' })).toBe(printOf(RENEWED_CERTIFICATE))
    } finally {
      writeFileSync(`${place}.key`, DEFAULT_CERTIFICATE.key)
      writeFileSync(`${place}.crt`, DEFAULT_CERTIFICATE.cert)
    }
  })

  it('a stream held by TLS gets items and is ended by a close', async () => {
    const channel = uniqueName('channel')
    const path = flow.origin.answer({
      headers: [
        ['Grip-Hold', 'stream'],
        ['Grip-Channel', channel],
      ],
      body: 'hello\n',
    })
    const client = await openRaw()
    client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await client.until('hello\n')
    await flow.server.subscribed(channel)
    await flow.publish({ channel, 'http-stream': { content: 'news\n' } })
    await client.until('5\r\nnews\n\r\n')
    await flow.publish({ channel, 'http-stream': { action: 'close' } })
    await client.until('0\r\n\r\n')
    client.destroy()
  })

  it('a long poll held by TLS is answered, and its connection serves the next request', async () => {
    const channel = uniqueName('channel')
    const path = flow.origin.answer({
      headers: [
        ['Grip-Hold', 'response'],
        ['Grip-Channel', channel],
      ],
    })
    const client = await openRaw()
    client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await flow.server.subscribed(channel)
    await flow.publish({ channel, 'http-response': { body: 'news' } })
    expect((await client.response()).text).toBe('news')
    client.send(`GET ${flow.origin.answer({ body: 'next' })} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    expect((await client.response()).text).toBe('next')
    client.destroy()
  })

  itGoesFurther.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a client that speaks %s alone is served',
    async (version) => {
      const client = new RawClient(await open({ minVersion: version, maxVersion: version }))
      client.send(`GET ${flow.origin.answer({ body: version })} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      expect((await client.response()).text).toBe(version)
      client.destroy()
    },
  )

  itGoesFurther.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1', 'h2'], 'h2'],
    [['http/1.1'], 'http/1.1'],
    [[], false],
  ])('a client that offers the protocols %j gets %s', async (ALPNProtocols, agreed) => {
    const socket = await open({ ALPNProtocols })
    expect(socket.alpnProtocol).toBe(agreed)
    socket.destroy()
  })

  itGoesFurther('a client that offers no protocol that is spoken is refused', async () => {
    await expect(open({ ALPNProtocols: ['spdy/3'] })).rejects.toThrow()
  })

  it('a certificate of a name is shown anew when its files have changed', async () => {
    const place = join(flow.server.directory, 'runner/certs', 'later.test')
    expect(await shownTo({ servername: 'later.test' })).toBe(printOf(DEFAULT_CERTIFICATE))
    writeFileSync(`${place}.key`, RENEWED_CERTIFICATE.key)
    writeFileSync(`${place}.crt`, RENEWED_CERTIFICATE.cert)
    expect(await shownTo({ servername: 'later.test' })).toBe(printOf(RENEWED_CERTIFICATE))
    expect(await shownTo({ servername: 'LATER.test' })).toBe(printOf(RENEWED_CERTIFICATE))
  })

  it('at a port without a default, names that no file is for are refused with an alert, and the others served', async () => {
    const port = bareTlsPort
    await expect(open({ port, servername: 'other.test' })).rejects.toThrow(/alert/)
    await expect(open({ port })).rejects.toThrow(/alert/)
    expect(await shownTo({ port, servername: 'a.example.test' })).toBe(printOf(HOST_CERTIFICATE))
  })

  itGoesFurther('TLS 1.3 is spoken, and 1.1 is not', async () => {
    const socket = await open({ minVersion: 'TLSv1.3' })
    expect(socket.getProtocol()).toBe('TLSv1.3')
    socket.destroy()
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await expect(open(old)).rejects.toThrow()
  })

  it('a client that speaks plain HTTP to the TLS port is cut off without an answer', async () => {
    const client = new RawClient(connectTcp(tlsPort, '127.0.0.1'))
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await client.closed()
  })

  itRefuses('a malformed request by TLS is answered 400', async () => {
    const client = await openRaw()
    client.send('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')
    expect((await client.response()).status).toBe(400)
    await client.closed()
  })
})

describeFlows('a unix socket', () => {
  itGoesFurther('serves clients, in a folder that is made for it, and has the mode asked for', async () => {
    const socketPath = join(flow.server.directory, newFolder, 'clients.sock')
    const path = flow.origin.answer({ body: 'local' })
    const body = await new Promise<string>((resolve, reject) => {
      httpRequest({ socketPath, path }, async (response) => resolve(await text(response)))
        .on('error', reject)
        .end()
    })
    expect(body).toBe('local')
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    expect(existsSync(socketPath)).toBe(true)
  })

  itGoesFurther('belongs to the user and the group asked for', () => {
    const { mode, uid, gid } = statSync(join(flow.server.directory, 'shared.sock'))
    expect([mode & 0o777, uid, gid]).toEqual([0o660, idOf('-u'), idOf('-g')])
  })
})

describeFlows('a certificate that the configuration names', () => {
  itGoesFurther('is shown to those that no file is for, and anew when it has changed', async () => {
    const port = await freePort()
    const named = (cert: string, key: string) => ({ 'named.crt': cert, 'named.key': key })
    const server = await startTarget({
      routes: ['* test'],
      conf: { runner: { https_ports: `127.0.0.1:${port}`, tls_cert: 'named.crt', tls_key: 'named.key' } },
      files: {
        ...named(DEFAULT_CERTIFICATE.cert, DEFAULT_CERTIFICATE.key),
        ...pairFiles('a.example.test', HOST_CERTIFICATE),
      },
    })
    try {
      expect(await shownTo({ port })).toBe(printOf(DEFAULT_CERTIFICATE))
      expect(await shownTo({ port, servername: 'a.example.test' })).toBe(printOf(HOST_CERTIFICATE))
      const renewed = named(RENEWED_CERTIFICATE.cert, RENEWED_CERTIFICATE.key)
      for (const [name, text] of Object.entries(renewed)) writeFileSync(join(server.directory, name), text)
      expect(await shownTo({ port, servername: 'other.test' })).toBe(printOf(RENEWED_CERTIFICATE))
      expect(await shownTo({ port })).toBe(printOf(RENEWED_CERTIFICATE))
    } finally {
      await server.stop()
    }
  })
})
