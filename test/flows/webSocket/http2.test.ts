import { type ClientHttp2Session, constants } from 'node:http2'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../../support/certificates.ts'
import { decodeFrame, encodeFrame, Opcode } from '../../support/frames.ts'
import { freePort } from '../../support/freePort.ts'
import { uniqueName } from '../../support/origin.ts'
import { describeFlows, holdfastOnly } from '../../support/target.ts'
import { eventually, within } from '../../support/waiting.ts'
import { extendedConnect, openHttp2, openHttp2Socket } from '../../support/webSocket/http2Socket.ts'
import { close, control, text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const tlsPort = await freePort()
const itSpeaks2 = holdfastOnly(it, 'Pushpin speaks HTTP/1 alone')
const flow = useSocketFlow(
  (origin) => [`*,path_beg=/raw,no_grip ${origin}`, '*,path_beg=/gone 127.0.0.1:1'],
  {
    conf: { runner: { https_ports: `127.0.0.1:${tlsPort}`, allow_compression: true } },
    files: {
      [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
    },
  },
)
let session: ClientHttp2Session
beforeEach(async () => {
  session = await openHttp2(tlsPort)
})
afterEach(() => session.destroy())

for (const mode of SOCKET_MODES) {
  const prefix = mode === 'native' ? '/native' : '/http'

  describeFlows(`a WebSocket in a stream of HTTP/2, ${mode},`, () => {
    itSpeaks2('opens with 200, and messages go both ways', async () => {
      const path = flow.origin.script({ opening: [text('m:hi')] }, prefix)
      const client = await openHttp2Socket(session, path)
      await client.hears('text hi')
      client.send('hello')
      client.send(Buffer.from([0, 255]))
      const origin = await flow.origin.opened(path)
      await origin.hears('text hello', 'binary 00ff')
      expect(origin.all('X-Forwarded-Proto')).toEqual([mode === 'native' ? 'wss' : 'https'])
    })

    itSpeaks2('gets what is published, and is closed by an item', async () => {
      const channel = uniqueName('channel')
      const path = flow.origin.script({ opening: [control({ type: 'subscribe', channel })] }, prefix)
      const client = await openHttp2Socket(session, path)
      await flow.server.subscribed(channel)
      await flow.publish(socketItem(channel, 'news'), socketItem(channel, { action: 'close', code: 4001 }))
      await client.hears('text news', 'close 4001')
    })

    itSpeaks2('that the client closes is closed with what the origin answers', async () => {
      const path = flow.origin.script({}, prefix)
      const client = await openHttp2Socket(session, path)
      const origin = await flow.origin.opened(path)
      client.socket.close(4000, 'bye')
      await origin.hears('close 4000 bye')
      await client.hears('close 4000 bye')
      expect(session.destroyed).toBe(false)
    })

    itSpeaks2('whose client resets its stream is told to the origin as broken', async () => {
      const path = flow.origin.script({}, prefix)
      const { stream } = await extendedConnect(session, path)
      const origin = await flow.origin.opened(path)
      stream.close(constants.NGHTTP2_CANCEL)
      await origin.hears('drop')
    })

    itSpeaks2('shares its connection with others, each with its own messages', async () => {
      const paths = Array.from({ length: 5 }, (_, i) =>
        flow.origin.script({ opening: [text(`m:${i}`)] }, prefix),
      )
      const clients = await Promise.all(paths.map((path) => openHttp2Socket(session, path)))
      for (const [i, client] of clients.entries()) await client.hears(`text ${i}`)
      clients[0]?.socket.close(1000)
      await clients[0]?.hears('text 0', 'close 1000')
      clients[1]?.send('still here')
      await (await flow.origin.opened(paths[1] as string)).hears('text still here')
    })

    itSpeaks2('that is larger than the windows arrives whole', async () => {
      const path = flow.origin.script({}, prefix)
      const client = await openHttp2Socket(session, path)
      const origin = await flow.origin.opened(path)
      client.send(Buffer.alloc(200_000, 1))
      await origin.hears(`binary ${'01'.repeat(200_000)}`)
    })
  })
}

describeFlows('a handshake by extended CONNECT', () => {
  itSpeaks2('is compressed as over HTTP/1.1, and says so', async () => {
    const path = flow.origin.script({ opening: [text(`m:${'x'.repeat(1000)}`)] }, '/native')
    const { headers, stream } = await extendedConnect(session, path, {
      'sec-websocket-extensions': 'permessage-deflate',
    })
    expect(headers['sec-websocket-extensions']).toBe(
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    )
    const bytes = await within(
      new Promise<Buffer>((resolve) => stream.once('data', resolve)),
      5000,
      () => 'a frame',
    )
    const found = decodeFrame(bytes)
    expect('frame' in found && [found.frame.opcode, found.frame.reserved]).toEqual([Opcode.text, 4])
    expect(bytes.length).toBeLessThan(100)
  })

  itSpeaks2('on a route without GRIP is relayed frame by frame', async () => {
    const path = flow.origin.script({ opening: [text('m:as it is')] }, '/raw')
    const client = await openHttp2Socket(session, path)
    await client.hears('text m:as it is')
    client.socket.close(1000)
    await client.hears('text m:as it is', 'close 1000')
  })

  itSpeaks2('is answered with the refusal of the origin', async () => {
    const path = flow.origin.script({ refusal: { status: 403, body: 'no' } } as never, '/native')
    const { status } = await extendedConnect(session, path)
    expect(status).toBe(403)
  })

  itSpeaks2('whose origin is not there is answered 502', async () => {
    expect((await extendedConnect(session, '/gone')).status).toBe(502)
  })

  itSpeaks2.each([
    ['another protocol', { ':protocol': 'connect-udp' }, 501],
    ['another version', { 'sec-websocket-version': '8' }, 400],
    ['extensions that cannot be read', { 'sec-websocket-extensions': '=,' }, 400],
  ])('with %s is refused and reaches no origin', async (_case, headers, expectedStatus) => {
    const path = flow.origin.script({}, '/native')
    expect((await extendedConnect(session, path, headers)).status).toBe(expectedStatus)
    expect(flow.origin.requests(path)).toEqual([])
  })

  itSpeaks2('whose client breaks the protocol of WebSockets ends with 1002 in its own stream', async () => {
    const path = flow.origin.script({}, '/native')
    const broken = await extendedConnect(session, path)
    const other = await openHttp2Socket(session, flow.origin.script({}, '/native'))
    let heard = Buffer.alloc(0)
    broken.stream.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk])
    })
    broken.stream.write(encodeFrame(Opcode.text, 'unmasked', { isMasked: false }))
    await eventually('a Close', () => heard.length >= 4 && heard.readUInt16BE(2) === 1002)
    other.socket.close(1000)
    await other.hears('close 1000')
  })

  itSpeaks2('whose client asks the other end to close hears nothing of its own closing twice', async () => {
    const path = flow.origin.script({ opening: [close(1000, 'done')] }, '/native')
    const client = await openHttp2Socket(session, path)
    await client.hears('close 1000 done')
    await eventually('the stream is gone', () => client.socket.readyState === client.socket.CLOSED)
  })
})
