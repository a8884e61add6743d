import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { Flow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { describeFlows, holdfastOnly, startTarget } from '../support/target.ts'
import { eventually, within } from '../support/waiting.ts'

const flow = new Flow()
const itSpeaks2 = holdfastOnly(it, 'Pushpin speaks HTTP/1 alone')
const sessions: ClientHttp2Session[] = []
let tlsPort: number

beforeAll(async () => {
  tlsPort = await freePort()
  flow.origin = await startOrigin()
  flow.server = await startTarget({
    routes: [
      `*,path_beg=/raw,no_grip ${flow.origin.address}`,
      `*,no_grip,path_beg=/gone 127.0.0.1:1`,
      `* ${flow.origin.address}`,
    ],
    conf: {
      runner: { https_ports: `127.0.0.1:${tlsPort}`, http2_max_streams: 20, client_send_buffer: 1_048_576 },
    },
    files: {
      [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
    },
  })
})

afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy()
})

afterAll(async () => {
  await flow.server?.stop()
  await flow.origin?.stop()
})

function openSession(): ClientHttp2Session {
  const session = connect(`https://localhost:${tlsPort}`, { ca: DEFAULT_CERTIFICATE.cert })
  session.on('error', () => {})
  sessions.push(session)
  return session
}

/** An answer as it arrives. */
class Answer {
  readonly stream: ClientHttp2Stream
  text = ''
  headers: Record<string, unknown> | undefined
  hasEnded = false

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream
    stream.setEncoding('latin1')
    stream.on('response', (headers) => {
      this.headers = headers
    })
    stream.on('data', (chunk: string) => {
      this.text += chunk
    })
    stream.on('end', () => {
      this.hasEnded = true
    })
    stream.on('error', () => {})
  }

  get status(): unknown {
    return this.headers?.[':status']
  }

  async until(text: string): Promise<void> {
    await eventually(`the text ${JSON.stringify(text)}`, () => this.text.includes(text))
  }

  /** Waits for the end of the stream and answers the code that it was closed with. */
  async closed(): Promise<number> {
    const closed = new Promise<void>((resolve) => {
      if (this.stream.closed) resolve()
      else this.stream.once('close', resolve)
    })
    await within(closed, 5000, () => 'the end of the stream')
    return this.stream.rstCode
  }
}

function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: string): Answer {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return new Answer(stream)
}

function heldPath(mode: string, channel: string, body = ''): string {
  return flow.origin.answer({
    headers: [
      ['Grip-Hold', mode],
      ['Grip-Channel', channel],
    ],
    body,
  })
}

describeFlows('HTTP/2', () => {
  itSpeaks2('a request reaches the origin as HTTP/1.1 with its host, fields and joined cookies', async () => {
    const path = flow.origin.answer({
      body: 'two',
      headers: [
        ['X-From-Origin', 'yes'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    })
    const stream = openSession().request({ ':path': path, cookie: ['a=1', 'b=2'], 'x-mine': 'v' } as never)
    const answer = new Answer(stream)
    await answer.closed()
    expect([answer.status, answer.text]).toEqual([200, 'two'])
    expect(answer.headers?.['x-from-origin']).toBe('yes')
    expect(answer.headers?.['set-cookie']).toEqual(['a=1', 'b=2'])
    const seen = await flow.origin.request(path)
    expect(seen.header('host')).toBe(`localhost:${tlsPort}`)
    expect(seen.header('cookie')).toBe('a=1; b=2')
    expect(seen.header('x-mine')).toBe('v')
    expect(seen.header('x-forwarded-proto')).toBe('https')
  })

  itSpeaks2('a body reaches the origin, and no_grip routes are passed through', async () => {
    for (const under of ['', '/raw']) {
      const path = flow.origin.answer({ body: 'taken' }, under)
      const answer = ask(openSession(), { ':path': path, ':method': 'POST' }, 'the body')
      await answer.closed()
      expect([answer.status, answer.text]).toEqual([200, 'taken'])
      expect((await flow.origin.request(path)).body.toString()).toBe('the body')
    }
  })

  itSpeaks2('a no_grip route whose origin is not there is answered 502', async () => {
    const answer = ask(openSession(), { ':path': '/gone' })
    await answer.closed()
    expect(answer.status).toBe(502)
  })

  itSpeaks2('HEAD and 204 have no body', async () => {
    const session = openSession()
    const head = ask(session, { ':path': flow.origin.answer({ body: 'four' }), ':method': 'HEAD' })
    await head.closed()
    expect([head.status, head.headers?.['content-length'], head.text]).toEqual([200, '4', ''])
    const none = ask(session, { ':path': flow.origin.answer({ status: 204 }) })
    await none.closed()
    expect([none.status, none.text]).toEqual([204, ''])
  })

  itSpeaks2('205 has no body, whatever the origin sends with it', async () => {
    const answer = ask(openSession(), { ':path': flow.origin.answer({ status: 205, body: 'four' }) })
    await answer.closed()
    expect([answer.status, answer.text, answer.headers?.['content-length']]).toEqual([205, '', undefined])
  })

  itSpeaks2('many streams and polls are held on one connection, each with its own channel', async () => {
    const session = openSession()
    const held = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const channel = uniqueName('channel')
        const mode = i % 2 === 0 ? 'stream' : 'response'
        const answer = ask(session, { ':path': heldPath(mode, channel, mode === 'stream' ? 'hello\n' : '') })
        await flow.server.subscribed(channel)
        return { channel, answer, mode }
      }),
    )
    for (const { channel } of held) {
      await flow.publish({
        channel,
        formats: { 'http-stream': { content: `${channel}\n` }, 'http-response': { body: `${channel}\n` } },
      })
    }
    for (const { channel, answer, mode } of held) {
      await answer.until(channel)
      expect(answer.text).toBe(mode === 'stream' ? `hello\n${channel}\n` : `${channel}\n`)
    }
  })

  itSpeaks2('a close ends a held stream cleanly and leaves its siblings alone', async () => {
    const session = openSession()
    const [mine, other] = [uniqueName('channel'), uniqueName('channel')]
    const closed = ask(session, { ':path': heldPath('stream', mine, 'a\n') })
    const kept = ask(session, { ':path': heldPath('stream', other, 'b\n') })
    await Promise.all([flow.server.subscribed(mine), flow.server.subscribed(other)])
    await flow.publish({ channel: mine, action: 'close' })
    expect(await closed.closed()).toBe(constants.NGHTTP2_NO_ERROR)
    expect(closed.hasEnded).toBe(true)
    await flow.publish({ channel: other, 'http-stream': { content: 'still here\n' } })
    await kept.until('still here')
  })

  itSpeaks2(
    'a slow stream does not stall its siblings, and is reset when it falls too far behind',
    async () => {
      const session = openSession()
      const [slowChannel, fastChannel] = [uniqueName('channel'), uniqueName('channel')]
      const slow = session.request({ ':path': heldPath('stream', slowChannel, 'a\n') })
      slow.on('error', () => {})
      slow.pause()
      const fast = ask(session, { ':path': heldPath('stream', fastChannel, 'b\n') })
      await Promise.all([flow.server.subscribed(slowChannel), flow.server.subscribed(fastChannel)])
      const content = 'x'.repeat(256 * 1024)
      for (let i = 0; i < 12; i++) await flow.publish({ channel: slowChannel, 'http-stream': { content } })
      await flow.publish({ channel: fastChannel, 'http-stream': { content: 'on time\n' } })
      await fast.until('on time')
      await eventually('the server closes the slow stream', () => flow.server.logs().includes('slow-client'))
    },
  )

  itSpeaks2('an origin that dies in its body ends the stream with an error, never as complete', async () => {
    for (const framing of [
      'Content-Length: 100\r\n\r\npart',
      'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
    ]) {
      const answer = ask(openSession(), { ':path': flow.origin.rawAnswer(`HTTP/1.1 200 OK\r\n${framing}`) })
      expect(await answer.closed()).toBe(constants.NGHTTP2_INTERNAL_ERROR)
      expect(answer.hasEnded).toBe(false)
    }
  })

  itSpeaks2('a client that leaves ends its holds', async () => {
    const session = openSession()
    const channel = uniqueName('channel')
    ask(session, { ':path': heldPath('stream', channel, 'a\n') })
    await flow.server.subscribed(channel)
    session.destroy()
    await eventually('nobody holds the channel', async () => {
      const response = await fetch(`http://127.0.0.1:${flow.server.controlPort}/publish/`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({ items: [{ channel, 'http-stream': { content: 'x' } }] }),
      })
      return (await response.text()).includes('"holds":0')
    })
  })

  itSpeaks2.each([
    ['a Host that contradicts the authority', { ':authority': 'localhost', host: 'other.test' }],
    ['an authority that is no host', { ':authority': 'a b' }],
    ['an authority with a user', { ':authority': 'user@localhost' }],
    ['the path *', { ':path': '*' }],
  ])('a request with %s is refused and reaches no origin', async (_case, headers) => {
    const answer = ask(openSession(), { ':path': '/refused', ...headers })
    await answer.closed()
    expect(answer.status === 400 || answer.stream.rstCode === constants.NGHTTP2_PROTOCOL_ERROR).toBe(true)
  })

  itSpeaks2('CONNECT is refused', async () => {
    const stream = openSession().request({ ':method': 'CONNECT', ':authority': 'localhost:22' } as never)
    const answer = new Answer(stream)
    await answer.closed()
    expect(answer.status).toBe(405)
  })

  itSpeaks2('a head larger than the limit is refused', async () => {
    const answer = ask(openSession(), { ':path': '/', 'x-large': 'x'.repeat(9000) })
    await answer.closed()
    expect([answer.status, answer.text]).toEqual([400, 'Request header size exceeded limit of 8192 bytes.\n'])
  })

  itSpeaks2(
    'requests above the limit of streams wait or are refused, and the connection lives on',
    async () => {
      const session = openSession()
      const channels = Array.from({ length: 20 }, () => uniqueName('channel'))
      for (const channel of channels) ask(session, { ':path': heldPath('stream', channel, 'x\n') })
      await Promise.all(channels.map((channel) => flow.server.subscribed(channel)))
      const extra = ask(session, { ':path': flow.origin.answer({ body: 'late' }) })
      await flow.publish({ channel: channels[0], action: 'close' })
      await extra.closed()
      expect(extra.text === 'late' || extra.stream.rstCode === constants.NGHTTP2_REFUSED_STREAM).toBe(true)
    },
  )
})
