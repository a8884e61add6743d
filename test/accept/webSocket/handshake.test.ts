import { describe, expect, it } from 'vitest'
import { INVALID_HANDSHAKE } from '../../../src/accept/webSocket/handshakeRequest.ts'
import { SOCKET_ACCEPT, SOCKET_KEY, sendHandshake } from '../../support/frameClient.ts'
import { encodeFrame, Opcode } from '../../support/frames.ts'
import { loopbackTurn } from '../../support/loopback.ts'
import { RecordingOwner } from '../../support/recordingOwner.ts'
import { eventually } from '../../support/waiting.ts'
import { get, HANDSHAKE_FIELDS, startListener } from '../support.ts'
import { createTestSockets, DEFLATE_OFFER, openPair, SWITCHING } from './support.ts'

const OWN_FIELDS = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${SOCKET_ACCEPT}`]

/** Sends a request and answers what the client gets when the handshake, if it is one, is accepted. */
async function answerTo(request: string | Buffer): Promise<{ status: string; head: string; text: string }> {
  const listener = await startListener((exchange) => exchange.abort())
  const client = await listener.client()
  client.send(request)
  void listener.handshake().then(
    ({ handshake }) => handshake.accept(SWITCHING),
    () => {},
  )
  const [head = '', text = ''] = (await client.until('\r\n\r\n')).split('\r\n\r\n')
  return { status: head.split(' ')[1] ?? '', head, text }
}

describe('a WebSocket handshake', () => {
  it('is told with its request', async () => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(get('/a%20b?c', HANDSHAKE_FIELDS.replace('websocket', 'WebSocket')))
    const { request } = await listener.handshake()
    expect(request).toMatchObject({
      method: 'GET',
      target: '/a%20b?c',
      httpVersion: '1.1',
      secure: false,
      authority: 'h',
      peerAddress: '127.0.0.1',
      body: undefined,
    })
    expect(request.headers.slice(0, 2)).toEqual(['Host', 'h'])
    expect(request.headers).toContain(SOCKET_KEY)
    expect(listener.begun).toEqual([])
  })

  const withoutMark = HANDSHAKE_FIELDS.replace('Connection: Upgrade\r\n', '')
  it.each([
    ['as browsers send it', HANDSHAKE_FIELDS],
    ['without Connection', withoutMark],
    ['with Connection: close', `Connection: close\r\n${withoutMark}`],
    ['with Content-Length: 0', `${HANDSHAKE_FIELDS}Content-Length: 0\r\n`],
    ['with any key', HANDSHAKE_FIELDS.replace(SOCKET_KEY, 'k')],
    ['with a key of 220 bytes', HANDSHAKE_FIELDS.replace(SOCKET_KEY, 'k'.repeat(220))],
    ['with extensions', `${HANDSHAKE_FIELDS}Sec-WebSocket-Extensions: a; b="c", d\r\n`],
    ['with no extensions in the field', `${HANDSHAKE_FIELDS}Sec-WebSocket-Extensions:\r\n`],
  ])('is taken %s', async (_, fields) => {
    expect((await answerTo(get('/', fields))).status).toBe('101')
  })

  const body = 'Content-Length: 1\r\n'
  it.each([
    ['with a method other than GET', `POST / HTTP/1.1\r\nHost: h\r\n${HANDSHAKE_FIELDS}\r\n`],
    ['with a body', `${get('/', HANDSHAKE_FIELDS + body)}x`],
    ['with a chunked body', `${get('/', `${HANDSHAKE_FIELDS}Transfer-Encoding: chunked\r\n`)}0\r\n\r\n`],
    ['of another version', get('/', HANDSHAKE_FIELDS.replace('13', '8'))],
    ['without a version', get('/', HANDSHAKE_FIELDS.replace('Sec-WebSocket-Version: 13\r\n', ''))],
    ['without a key', get('/', HANDSHAKE_FIELDS.replace('Key', 'Other'))],
    ['with a key of 221 bytes', get('/', HANDSHAKE_FIELDS.replace(SOCKET_KEY, 'k'.repeat(221)))],
    ['with extensions that are no list', get('/', `${HANDSHAKE_FIELDS}Sec-WebSocket-Extensions: a;;b\r\n`)],
    ['without Connection or key', get('/', 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n')],
    ['without Connection, with a body', `${get('/', withoutMark + body)}x`],
  ])('is refused %s', async (_, request) => {
    const { status, head, text } = await answerTo(request)
    expect(status).toBe('400')
    expect(text).toBe(`${INVALID_HANDSHAKE}\n`)
    expect(head).toContain('\r\nContent-Type: text/plain\r\n')
    expect(head).toContain('\r\nSec-WebSocket-Version: 13')
    expect(head).toMatch(/\r\nConnection: close/i)
  })

  it.each([
    ['by an HTTP/1.0 client', get('/', HANDSHAKE_FIELDS).replace('HTTP/1.1', 'HTTP/1.0')],
    [
      'among other protocols',
      get('/', HANDSHAKE_FIELDS.replace('Upgrade: websocket', 'Upgrade: h2c, websocket')),
    ],
  ])('is an ordinary request where it is asked for %s', async (_, request) => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(request)
    await listener.exchange()
    expect(listener.handshakes).toEqual([])
  })

  it('behind a request that is not answered waits for its turn, also without Connection', async () => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(get('/1') + get('/ws', withoutMark))
    const exchange = await listener.exchange()
    await loopbackTurn()
    expect(listener.handshakes).toEqual([])
    exchange.head({ status: 200, reason: 'OK', headers: ['Content-Length', '3'] })
    exchange.end(Buffer.from('one'))
    expect((await client.response()).text).toBe('one')
    ;(await listener.handshake()).handshake.accept(SWITCHING)
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 101 /)
  })

  it('tells when the client leaves before the answer, once', async () => {
    const listener = await startListener()
    const client = await sendHandshake(listener.port)
    const { handshake } = await listener.handshake()
    let closes = 0
    handshake.onClose = () => closes++
    client.destroy()
    await eventually('the close', () => closes > 0)
    await eventually('no connection', () => listener.connectionCount() === 0)
    expect(closes).toBe(1)
  })

  it.each([
    ['as browsers send it', HANDSHAKE_FIELDS],
    ['without Connection', withoutMark],
  ])('keeps what the client sends before the answer, %s', async (_, fields) => {
    const listener = await startListener(() => {}, { sockets: createTestSockets() })
    const client = await listener.client()
    client.send(Buffer.concat([Buffer.from(get('/', fields)), encodeFrame(Opcode.text, 'early')]))
    const { handshake } = await listener.handshake()
    client.send(encodeFrame(Opcode.text, 'more'))
    await loopbackTurn()
    const owner = new RecordingOwner()
    handshake.accept(SWITCHING).owner = owner
    await owner.hears('text early', 'text more')
  })

  it.each([
    ['as browsers send it', HANDSHAKE_FIELDS],
    ['without Connection', withoutMark],
  ])('keeps what the client sends before its turn has come, %s', async (_, fields) => {
    const listener = await startListener(() => {}, { sockets: createTestSockets() })
    const client = await listener.client()
    client.send(get('/1'))
    const exchange = await listener.exchange()
    const frames = Buffer.concat([1, 2, 3].map((i) => encodeFrame(Opcode.text, `early ${i}`)))
    client.send(Buffer.concat([Buffer.from(get('/', fields)), frames.subarray(0, 5)]))
    await loopbackTurn()
    client.send(frames.subarray(5, 20))
    await loopbackTurn()
    client.send(frames.subarray(20))
    await loopbackTurn()
    exchange.head({ status: 200, reason: 'OK', headers: ['Content-Length', '3'] })
    exchange.end(Buffer.from('one'))
    expect((await client.response()).text).toBe('one')
    const owner = new RecordingOwner()
    ;(await listener.handshake()).handshake.accept(SWITCHING).owner = owner
    await owner.hears('text early 1', 'text early 2', 'text early 3')
  })

  it.each([
    ['as browsers send it', HANDSHAKE_FIELDS],
    ['without Connection', withoutMark],
  ])('loses its connection when too much comes before its turn, %s', async (_, fields) => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(get('/1'))
    await listener.exchange()
    client.send(get('/', fields))
    for (let i = 0; i < 70; i++) client.send(encodeFrame(Opcode.binary, Buffer.alloc(1000)))
    await client.closed()
    expect(listener.handshakes).toEqual([])
  })
})

describe('the answer to a WebSocket handshake', () => {
  async function answered(headers: readonly string[], fields = ''): Promise<string[]> {
    const listener = await startListener(() => {}, { sockets: createTestSockets() })
    const client = await sendHandshake(listener.port, { fields })
    const { handshake } = await listener.handshake()
    handshake.accept({ status: 101, reason: 'Why Not', headers })
    return (await client.answered()).split('\r\n')
  }

  it("has the origin's fields and then its own", async () => {
    const headers = ['Sec-WebSocket-Protocol', 'x', 'set-COOKIE', 'a', 'Set-Cookie', 'b', 'Date', 'now']
    expect(await answered(headers)).toEqual([
      'HTTP/1.1 101 Why Not',
      ...['Sec-WebSocket-Protocol: x', 'set-COOKIE: a', 'Set-Cookie: b', 'Date: now'],
      ...OWN_FIELDS,
    ])
  })

  it('has the extension that a GRIP proxy in front of us is to hear of', async () => {
    expect(await answered(['Sec-WebSocket-Extensions', 'grip; message-prefix=""'])).toEqual([
      'HTTP/1.1 101 Why Not',
      'Sec-WebSocket-Extensions: grip; message-prefix=""',
      ...OWN_FIELDS,
    ])
  })

  it("has none of the origin's fields that speak of its own connection, or to us", async () => {
    const headers = [
      ...['Upgrade', 'x', 'Connection', 'x-hop', 'X-Hop', '1'],
      ...['sec-websocket-accept', 'x', 'Content-Length', '5', 'Transfer-Encoding', 'chunked'],
      ...['Content-Bytes-Accepted', '0', 'Grip-Hold', 'stream', 'GRIP-anything', '1'],
    ]
    expect(await answered(headers)).toEqual(['HTTP/1.1 101 Why Not', ...OWN_FIELDS])
  })

  it.each([
    ['what browsers offer', DEFLATE_OFFER],
    [
      'a second offer',
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10, permessage-deflate\r\n',
    ],
    [
      'offers in two fields',
      'Sec-WebSocket-Extensions: x\r\nSec-WebSocket-Extensions: permessage-deflate\r\n',
    ],
    ['the full window', 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15\r\n'],
    ['a client window', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n'],
  ])('takes compression on %s', async (_, fields) => {
    expect((await answered([], fields)).slice(4)).toEqual([
      'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    ])
  })

  it.each([
    ['another extension', 'x-webkit-deflate-frame'],
    ['a smaller window', 'permessage-deflate; server_max_window_bits=10'],
    ['an unknown parameter', 'permessage-deflate; x'],
    ['a repeated parameter', 'permessage-deflate; client_max_window_bits; client_max_window_bits'],
    ['a value where there is none', 'permessage-deflate; server_no_context_takeover=1'],
    ['no window that exists', 'permessage-deflate; client_max_window_bits=16'],
  ])('takes no compression on %s', async (_, offer) => {
    expect(await answered([], `Sec-WebSocket-Extensions: ${offer}\r\n`)).toHaveLength(4)
  })

  it('takes no compression where it is not allowed', async () => {
    const { client } = await openPair({ allowsCompression: false }, { fields: DEFLATE_OFFER })
    expect(client.head).not.toContain('permessage-deflate')
  })

  it.each([
    [60, '101'],
    [61, '500'],
  ])('with %d fields of the origin is %s', async (count, status) => {
    const listener = await startListener(() => {}, { sockets: createTestSockets() })
    const client = await listener.client()
    client.send(get('/', HANDSHAKE_FIELDS))
    const headers = Array.from({ length: count }, (_, i) => [`X-${i}`, 'x']).flat()
    const socket = (await listener.handshake()).handshake.accept({ ...SWITCHING, headers })
    const owner = new RecordingOwner()
    socket.owner = owner
    const text = await client.until('\r\n\r\n')
    expect(text.split(' ')[1]).toBe(status)
    if (status === '101') return
    expect(text).toContain('\r\n\r\nFailed to process request.\n')
    client.socket.end()
    await owner.hears('gone')
    expect(owner.fault?.code).toBe('SOCKET_BROKEN')
  })
})

describe('a WebSocket handshake that is refused', () => {
  it('is answered whole, and its connection closes', async () => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(get('/', HANDSHAKE_FIELDS))
    const { handshake } = await listener.handshake()
    const headers = ['X-A', '1', 'Upgrade', 'x', 'Connection', 'keep-alive', 'Transfer-Encoding', 'chunked']
    const ofHandshake = ['Sec-WebSocket-Accept', 'x', 'Sec-WebSocket-Extensions', 'y', 'Content-Length', '99']
    handshake.refuse(
      { status: 403, reason: 'Not You', headers: [...headers, ...ofHandshake, 'X-A', '2'] },
      Buffer.from('grund'),
    )
    await client.closed()
    expect(await client.until('grund')).toBe(
      'HTTP/1.1 403 Not You\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\nConnection: close\r\n\r\ngrund',
    )
    await eventually('no connection', () => listener.connectionCount() === 0)
  })

  it('has no body where its status allows none', async () => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(get('/', HANDSHAKE_FIELDS))
    const { handshake } = await listener.handshake()
    handshake.refuse({ status: 204, reason: 'No Content', headers: [] }, Buffer.from('x'))
    await client.closed()
    expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
  })
})

describe('a listener that stops', () => {
  it('breaks the WebSockets that are still open', async () => {
    const { client, listener } = await openPair()
    const closed = listener.listener.close()
    expect(client.isClosed).toBe(false)
    listener.listener.breakAll()
    await closed
    await eventually('the end', () => client.isClosed)
  })
})
