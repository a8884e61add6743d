import { type ClientHttp2Session, constants } from 'node:http2'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { Flow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { describeFlows, holdfastOnly, startTarget } from '../support/target.ts'
import { eventually, within } from '../support/waiting.ts'
import { openHttp2, openHttp2Socket } from '../support/webSocket/http2Socket.ts'
import { control } from '../support/webSocket/socketEvent.ts'
import { type SocketOrigin, startSocketOrigin } from '../support/webSocket/socketOrigin.ts'

const itDrains = holdfastOnly(it, 'Pushpin speaks HTTP/1 alone')
const sessions: ClientHttp2Session[] = []
const flow = new Flow()
let sockets: SocketOrigin
let tlsPort: number

beforeEach(async () => {
  tlsPort = await freePort()
  flow.origin = await startOrigin()
  sockets = await startSocketOrigin()
  flow.server = await startTarget({
    routes: [
      `*,path_beg=/native ${sockets.address}`,
      `*,path_beg=/http ${sockets.address},over_http`,
      `* ${flow.origin.address}`,
    ],
    conf: { runner: { https_ports: `127.0.0.1:${tlsPort}`, drain_timeout: 2 } },
    files: {
      [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
    },
  })
})

afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy()
  await flow.server.stop()
  await flow.origin.stop()
  await sockets.stop()
})

/** A connection, with which request was named as the last one that was taken when it was told to go. */
class Connection {
  readonly session: ClientHttp2Session
  readonly goAways: { code: number; lastStream: number }[] = []

  private constructor(session: ClientHttp2Session) {
    this.session = session
    session.on('goaway', (code, lastStream) => {
      this.goAways.push({ code, lastStream })
    })
    sessions.push(session)
  }

  static async open(): Promise<Connection> {
    return new Connection(await openHttp2(tlsPort))
  }

  /** Sends a request for a hold, and answers when it is held. */
  async held(mode: 'stream' | 'response', body: string): Promise<Held> {
    const channel = uniqueName('channel')
    const path = flow.origin.answer({
      headers: [
        ['Grip-Hold', mode],
        ['Grip-Channel', channel],
      ],
      body,
    })
    const held = new Held(this, path)
    await flow.server.subscribed(channel)
    return held
  }
}

/** A held request, and how it ended. */
class Held {
  text = ''
  status: unknown
  /** Undefined until its stream has ended. */
  end: { isWhole: boolean; code: number; wasTold: boolean } | undefined

  constructor({ session, goAways }: Connection, path: string) {
    const stream = session.request({ ':path': path })
    let isWhole = false
    stream.on('error', () => {})
    stream.on('response', (fields) => {
      this.status = fields[':status']
    })
    stream.on('data', (chunk: Buffer) => {
      this.text += chunk.toString()
    })
    stream.on('end', () => {
      isWhole = stream.rstCode === constants.NGHTTP2_NO_ERROR
    })
    stream.on('close', () => {
      this.end = { isWhole, code: stream.rstCode, wasTold: goAways.length > 0 }
    })
  }

  ended(): Promise<NonNullable<Held['end']>> {
    return eventually('the end of a stream', () => this.end)
  }
}

const CLEAN = { isWhole: true, code: constants.NGHTTP2_NO_ERROR, wasTold: true }

describeFlows('a server that is told to stop, with clients by HTTP/2,', () => {
  itDrains('ends streams and long polls whole, after a GOAWAY that names them', async () => {
    const connection = await Connection.open()
    const stream = await connection.held('stream', 'hello\n')
    const poll = await connection.held('response', 'ask again\n')
    flow.server.signal('SIGTERM')
    expect(await stream.ended()).toEqual(CLEAN)
    expect(await poll.ended()).toEqual(CLEAN)
    expect([stream.text, poll.status, poll.text]).toEqual(['hello\n', 200, 'ask again\n'])
    expect(connection.goAways[0]).toMatchObject({ code: constants.NGHTTP2_NO_ERROR, lastStream: 3 })
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains.each(['/native', '/http'])('closes WebSockets with 1001 at both ends (%s)', async (under) => {
    const connection = await Connection.open()
    const channel = uniqueName('channel')
    const path = sockets.script({ opening: [control({ type: 'subscribe', channel })] }, under)
    const client = await openHttp2Socket(connection.session, path)
    const origin = await sockets.opened(path)
    const stream = await connection.held('stream', 'hello\n')
    await flow.server.subscribed(channel)
    flow.server.signal('SIGTERM')
    await client.hears('close 1001')
    await origin.hears('close 1001')
    expect(await stream.ended()).toEqual(CLEAN)
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains('lets an answer that is under way come to its end', async () => {
    let finish = () => {}
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('first half')
      finish = () => response.end(', second half')
    })
    const connection = await Connection.open()
    const answer = new Held(connection, path)
    await eventually('the first half', () => answer.text === 'first half')
    flow.server.signal('SIGTERM')
    await eventually('it stops', () => flow.server.logs().includes('stopping'))
    finish()
    expect(await answer.ended()).toEqual(CLEAN)
    expect(answer.text).toBe('first half, second half')
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains('tells them one by one, and serves what they ask for until then', async () => {
    const held = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const connection = await Connection.open()
        return { connection, stream: await connection.held('stream', 'hello\n') }
      }),
    )
    flow.server.signal('SIGTERM')
    await eventually('the first is told', () => held.some(({ connection }) => connection.goAways.length > 0))
    const others = held.filter(({ connection }) => connection.goAways.length === 0)
    const answers = others.map(({ connection }) => {
      return new Held(connection, flow.origin.answer({ body: 'served' }))
    })
    for (const { stream } of held) expect(await stream.ended()).toEqual(CLEAN)
    // One that was told while its request was on its way may ask elsewhere.
    const ends = await Promise.all(answers.map((answer) => answer.ended()))
    expect(ends.filter(({ isWhole }) => isWhole).length).toBeGreaterThan(0)
    expect(ends.filter(({ isWhole, code }) => !isWhole && code !== constants.NGHTTP2_REFUSED_STREAM)).toEqual(
      [],
    )
    expect(held.every(({ connection }) => connection.goAways.length === 1)).toBe(true)
    expect(await flow.server.exited()).toBe(0)
  })

  itDrains('does not wait for idle connections', async () => {
    const connection = await Connection.open()
    const answer = new Held(connection, flow.origin.answer({ body: 'ok' }))
    expect((await answer.ended()).isWhole).toBe(true)
    const closed = new Promise<void>((resolve) => connection.session.once('close', () => resolve()))
    flow.server.signal('SIGTERM')
    await within(closed, 2000, () => 'the end of the connection')
    expect(await flow.server.exited()).toBe(0)
  })
})
