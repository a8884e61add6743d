import { createServer as createTcpServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../support/freePort.ts'
import { eventually, within } from '../../support/waiting.ts'
import { SELF_SIGNED } from '../selfSigned.ts'
import { beginOpening, openSocket, startRawOrigin, switching } from './support.ts'

describe('the handshake that an origin gets', () => {
  it('has its own fields in the order of GRIP proxies, then those given, repeated ones apart', async () => {
    const origin = await startRawOrigin(({ accept }) => switching(accept))
    const headers = [
      'Cookie',
      'a=1',
      'X-Wide',
      '\xc3\xbc',
      'cookie',
      'b=2',
      'Sec-WebSocket-Extensions',
      'grip',
    ]
    await openSocket(origin.port, { request: { authority: 'app.example:81', headers } })
    const lines = (await origin.peer()).head.split('\r\n')
    const key = lines.find((line) => line.startsWith('Sec-WebSocket-Key: '))?.slice(19) ?? ''
    expect(Buffer.from(key, 'base64')).toHaveLength(16)
    expect(lines).toEqual([
      'GET /ws?a=1 HTTP/1.1',
      'Host: app.example:81',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
      'Cookie: a=1',
      'X-Wide: \xc3\xbc',
      'cookie: b=2',
      'Sec-WebSocket-Extensions: grip',
    ])
  })

  it('offers compression, before the fields given, only where it is allowed', async () => {
    const origin = await startRawOrigin(({ accept }) => switching(accept))
    await openSocket(origin.port, {
      origin: { offersDeflate: true },
      request: { headers: ['Sec-WebSocket-Extensions', 'grip'] },
    })
    expect((await origin.peer()).head.split('\r\n').slice(6)).toEqual([
      'Sec-WebSocket-Extensions: permessage-deflate',
      'Sec-WebSocket-Extensions: grip',
    ])
  })

  it('has another key each time', async () => {
    const heads: string[] = []
    const origin = await startRawOrigin(({ head, accept }) => {
      heads.push(head)
      return switching(accept)
    })
    await openSocket(origin.port)
    await openSocket(origin.port)
    expect(heads).toHaveLength(2)
    expect(heads[0]).not.toBe(heads[1])
  })
})

describe('an origin that accepts', () => {
  it('has its head handed on whole, and what it sends right behind it', async () => {
    const origin = await startRawOrigin(({ accept }) =>
      switching(
        accept,
        'Set-Cookie: a\r\nset-cookie: b\r\nSec-WebSocket-Extensions: grip; message-prefix=""\r\n',
      ).concat('\x81\x02hi'),
    )
    const { head, owner } = await openSocket(origin.port)
    expect(head).toMatchObject({ status: 101, reason: 'Switching Protocols' })
    expect(head?.headers.slice(6)).toEqual([
      ...['Set-Cookie', 'a'],
      ...['set-cookie', 'b'],
      ...['Sec-WebSocket-Extensions', 'grip; message-prefix=""'],
    ])
    await owner.hears('text hi')
  })

  it('may say things before its answer', async () => {
    const origin = await startRawOrigin(
      ({ accept }) => `HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${switching(accept)}`,
    )
    expect((await openSocket(origin.port)).socket).toBeDefined()
  })

  it.each([
    ['that was made for another key', () => switching('c2FtcGxlIG5vbmNlIQ=='), /Sec-WebSocket-Accept/],
    ['without Upgrade', () => 'HTTP/1.1 101 X\r\nSec-WebSocket-Accept: x\r\n\r\n', /without Upgrade/],
    [
      'to a compression that was not offered',
      (accept: string) => switching(accept, 'Sec-WebSocket-Extensions: grip, permessage-deflate\r\n'),
      /permessage-deflate, which was not offered/,
    ],
  ])('with an answer %s is broken', async (_, answer, message) => {
    const origin = await startRawOrigin(({ accept }) => answer(accept))
    const { error } = await openSocket(origin.port)
    expect(error?.code).toBe('ORIGIN_BROKEN')
    expect(error?.message).toMatch(message)
    await eventually('the end of the connection', async () => (await origin.peer()).hasEnded())
  })

  it.each([
    ['twice', 'permessage-deflate, permessage-deflate'],
    ['with a parameter that does not exist', 'permessage-deflate; x'],
    ['with a window for us, which was not offered', 'permessage-deflate; client_max_window_bits=10'],
    ['with a window that is none', 'permessage-deflate; server_max_window_bits=7'],
    [
      'with the same parameter twice',
      'permessage-deflate; server_max_window_bits=9; server_max_window_bits=9',
    ],
    ['with a quote that does not end', 'permessage-deflate; server_max_window_bits="9'],
  ])('and agrees to compression %s is broken', async (_, value) => {
    const origin = await startRawOrigin(({ accept }) =>
      switching(accept, `Sec-WebSocket-Extensions: ${value}\r\n`),
    )
    const { error } = await openSocket(origin.port, { origin: { offersDeflate: true } })
    expect(error?.code).toBe('ORIGIN_BROKEN')
  })
})

describe('an origin that refuses', () => {
  it('has its answer handed on whole', async () => {
    const origin = await startRawOrigin(
      () => 'HTTP/1.1 403 Go Away\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 3\r\n\r\nno\n',
    )
    const sink = await openSocket(origin.port)
    expect(sink.head).toEqual({
      status: 403,
      reason: 'Go Away',
      headers: ['X-A', '1', 'x-a', '2', 'Content-Length', '3'],
    })
    expect(sink.body).toBe('no\n')
    await eventually('the end of the connection', async () => (await origin.peer()).hasEnded())
  })

  it.each([
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n', 'no'],
    ['nothing', 'Content-Length: 0\r\n\r\n', ''],
    ['100 bytes', `Content-Length: 100\r\n\r\n${'x'.repeat(100)}`, 'x'.repeat(100)],
  ])('may do so with a body of %s', async (_, rest, body) => {
    const origin = await startRawOrigin(() => `HTTP/1.1 200 OK\r\n${rest}`)
    expect((await openSocket(origin.port)).body).toBe(body)
  })

  it('may end its body with the connection', async () => {
    const port = await startAndEndWith('HTTP/1.1 404 Not Found\r\n\r\nnone')
    expect((await openSocket(port)).body).toBe('none')
  })

  it('is not followed to where it redirects', async () => {
    const origin = await startRawOrigin(() => 'HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n')
    expect((await openSocket(origin.port)).head?.status).toBe(302)
  })

  it('is broken when its body is larger than the limit', async () => {
    const origin = await startRawOrigin(
      () => `HTTP/1.1 403 F\r\nContent-Length: 101\r\n\r\n${'x'.repeat(101)}`,
    )
    const sink = await openSocket(origin.port)
    expect(sink.error?.code).toBe('ORIGIN_BROKEN')
    expect(sink.error?.message).toContain('more than 100 bytes')
    expect(sink.calls).toBe(1)
  })

  it('is broken when its body breaks off', async () => {
    const port = await startAndEndWith('HTTP/1.1 403 F\r\nContent-Length: 5\r\n\r\nx')
    expect((await openSocket(port)).error?.code).toBe('ORIGIN_BROKEN')
  })
})

describe('an origin that does not answer', () => {
  it('is unreachable when it takes no connection', async () => {
    const sink = await openSocket(await freePort())
    expect(sink.error?.code).toBe('ORIGIN_UNREACHABLE')
    expect(sink.error?.message).toContain('ECONNREFUSED')
  })

  it('is unreachable when its name is unknown', async () => {
    const sink = await openSocket(1, { target: { host: 'no-such-host.invalid' } })
    expect(sink.error?.code).toBe('ORIGIN_UNREACHABLE')
  })

  it('is unreachable when it ends the connection first, so that another target may be asked', async () => {
    const sink = await openSocket(await startAndEndWith(''))
    expect(sink.error?.code).toBe('ORIGIN_UNREACHABLE')
  })

  it('is broken when it does not speak HTTP', async () => {
    const origin = await startRawOrigin(() => 'SSH-2.0-x\r\n\r\n')
    expect((await openSocket(origin.port)).error?.code).toBe('ORIGIN_BROKEN')
  })

  it('is timed out when it is silent', async () => {
    const origin = await startRawOrigin(() => '')
    const sink = await openSocket(origin.port, { origin: { responseTimeoutMs: 50 } })
    expect(sink.error?.code).toBe('ORIGIN_TIMEOUT')
  })

  it('is timed out when its refusal never ends', async () => {
    const origin = await startRawOrigin(() => 'HTTP/1.1 403 F\r\nContent-Length: 5\r\n\r\nx')
    const sink = await openSocket(origin.port, { origin: { responseTimeoutMs: 50 } })
    expect(sink.error?.code).toBe('ORIGIN_TIMEOUT')
  })

  it('is not asked where its address is on the deny list', async () => {
    const origin = await startRawOrigin(({ accept }) => switching(accept))
    for (const host of ['127.0.0.1', 'localhost', '127.1']) {
      const { error } = await openSocket(origin.port, { target: { host, untrusted: true } })
      expect(error?.code).toBe('ORIGIN_DENIED')
    }
  })

  it('is left when the opening is given up, and nothing is told', async () => {
    const origin = await startRawOrigin(() => '')
    const { sink, opening } = beginOpening(origin.port)
    const peer = await origin.peer()
    opening.abort()
    await eventually('the end of the connection', () => peer.hasEnded())
    expect(sink.calls).toBe(0)
  })
})

describe('an origin with TLS', () => {
  it('is reached when its certificate is not to be checked', async () => {
    const port = await startTlsOrigin()
    const sink = await openSocket(port, { target: { tls: true, insecure: true } })
    expect(sink.head?.status).toBe(403)
  })

  it('is unreachable when its certificate cannot be trusted', async () => {
    const port = await startTlsOrigin()
    const sink = await openSocket(port, { target: { tls: true } })
    expect(sink.error?.code).toBe('ORIGIN_UNREACHABLE')
  })

  it('is told which name is asked for', async () => {
    const names: string[] = []
    const port = await startTlsOrigin((name) => names.push(name))
    await openSocket(port, {
      target: { tls: true, insecure: true },
      request: { authority: 'origin.test:443' },
    })
    expect(names).toEqual(['origin.test'])
  })
})

/** Starts an origin that answers any bytes with these, and ends the connection; answers its port. */
async function startAndEndWith(bytes: string): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(bytes))
  })
  return listening(server)
}

/** Starts an origin with TLS that refuses every handshake; answers its port. */
async function startTlsOrigin(onName: (name: string) => void = () => {}): Promise<number> {
  const server = createTlsServer(SELF_SIGNED, (socket) => {
    onName(String(socket.servername))
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 403 F\r\nContent-Length: 0\r\n\r\n'))
  })
  server.on('tlsClientError', () => {})
  return listening(server)
}

async function listening(server: ReturnType<typeof createTcpServer>): Promise<number> {
  await within(
    new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
    5000,
    () => 'listening',
  )
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}
