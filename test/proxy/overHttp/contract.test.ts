import type { OriginSocket } from '../../../src/edges/originSocket.ts'
import type { MessageType } from '../../../src/edges/socket.ts'
import { type DecodedEvent, decodeEvents } from '../../../src/grip/webSocketEvents/eventDecoder.ts'
import { encodeEvents, readCloseContent, type WebSocketEvent } from '../../../src/grip/webSocketEvents.ts'
import { Farewells } from '../../../src/proxy/overHttp/farewells.ts'
import { openOverHttp } from '../../../src/proxy/overHttp/openOverHttp.ts'
import { systemClock } from '../../../src/systemClock.ts'
import { encodeCloseContent } from '../../../src/util/webSocketClose.ts'
import {
  describeMessageSocket,
  type SocketPair,
  type SocketPeer,
} from '../../contracts/messageSocketContract.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { describeMessage } from '../../support/recordingOwner.ts'
import { type Asked, FakeOrigin } from '../support.ts'
import { EVENTS_TYPE, TARGET } from './support.ts'

const MESSAGE_TYPES = { TEXT: 'text', BINARY: 'binary', PING: 'ping', PONG: 'pong' } as const
const EVENT_TYPES = { text: 'TEXT', binary: 'BINARY', ping: 'PING', pong: 'PONG' } as const
const NO_CONTENT = Buffer.alloc(0)

/** An origin that answers each request when it reads, and has itself asked when it has something to say. */
class OverHttpPeer implements SocketPeer {
  readonly heard: string[] = []
  socket: OriginSocket | undefined
  readonly #events: WebSocketEvent[] = [{ type: 'OPEN', content: NO_CONTENT }]
  readonly #unread: Asked[] = []
  #isReading = true
  #hasClosed = false

  ask(asked: Asked): void {
    this.#unread.push(asked)
    queueMicrotask(() => this.#read())
  }

  send(type: MessageType, content: string | Buffer): void {
    this.#say({ type: EVENT_TYPES[type], content: Buffer.from(content) })
  }

  close(code?: number, reason = ''): void {
    this.#hasClosed = true
    this.#say({ type: 'CLOSE', content: encodeCloseContent(code, reason) })
  }

  leave(): void {
    this.#say({ type: 'DISCONNECT', content: NO_CONTENT })
  }

  stopReading(): void {
    this.#isReading = false
  }

  readOn(): void {
    this.#isReading = true
    this.#read()
  }

  #say(event: WebSocketEvent): void {
    this.#events.push(event)
    this.socket?.refresh?.()
  }

  #read(): void {
    while (this.#isReading) {
      const asked = this.#unread.shift()
      if (asked === undefined) return
      for (const event of decodeEvents(asked.request.body as Buffer)) this.#hear(event)
      asked.head(EVENTS_TYPE)
      asked.sink.onData(encodeEvents(this.#events.splice(0)))
      asked.sink.onEnd()
    }
  }

  #hear({ type, content }: DecodedEvent): void {
    if (type === 'OPEN' || type === 'UNKNOWN') return
    if (type === 'DISCONNECT') this.heard.push('close 1006')
    else if (type === 'CLOSE') this.#hearClose(content)
    else this.heard.push(describeMessage(MESSAGE_TYPES[type], content))
  }

  #hearClose(content: Buffer): void {
    const { code = 1005, reason } = readCloseContent(content)
    this.heard.push(`close ${code} ${reason}`.trim())
    if (!this.#hasClosed) this.#events.push({ type: 'CLOSE', content })
  }
}

function openPair(): Promise<SocketPair> {
  const peer = new OverHttpPeer()
  const origin = new FakeOrigin()
  origin.onAsked = (asked) => peer.ask(asked)
  return new Promise((resolve, reject) => {
    openOverHttp(
      {
        origin,
        target: TARGET,
        path: '/',
        authority: 'a',
        connectionId: 'c',
        headers: () => [],
        oneEvent: false,
        clock: systemClock,
        log: new LinesLog(),
        farewells: new Farewells(),
        limits: { maxMessageBytes: 1024 * 1024, maxRequestBytes: 32 * 1024 * 1024 },
      },
      {
        onOpen: (_head, socket) => {
          peer.socket = socket
          resolve({ socket, peer, end: () => socket.destroy() })
        },
        onRefused: () => reject(new Error('refused')),
        onError: reject,
      },
    )
  })
}

describeMessageSocket('over HTTP', openPair)
