import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { ClientRequest } from '../../../src/edges/client.ts'
import type { PassthroughJob } from '../../../src/edges/passthrough.ts'
import type {
  ClientHandshake,
  ClientSocket,
  MessageFraming,
  MessageSocketOwner,
  MessageType,
} from '../../../src/edges/socket.ts'
import type { RoutedRequest } from '../../../src/proxy/findRoute.ts'
import { SocketTable } from '../../../src/proxy/sockJs/socketTable.ts'
import { pathBelowSockJs } from '../../../src/proxy/sockJs/sockJsPath.ts'
import { handleSockJsRequest } from '../../../src/proxy/sockJs/sockJsRequest.ts'
import type { ResponseHead } from '../../../src/util/headers.ts'
import { TimerWheel } from '../../../src/util/timerWheel.ts'
import { FakeResponse } from '../../support/fakeClient.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { RecordingOwner } from '../../support/recordingOwner.ts'
import { routeOf } from '../../support/routeOf.ts'
import { createTestSockJsEnvironment, fakeRequest } from '../support.ts'

export const ACCEPTED: ResponseHead = { status: 101, reason: 'Switching Protocols', headers: [] }
const TICK_MS = 100

/** An owner that a test lets do something with each message. */
export class TestOwner extends RecordingOwner {
  whenMessage: (() => void) | undefined

  override onMessage(type: MessageType, content: Buffer): void {
    super.onMessage(type, content)
    this.whenMessage?.()
  }
}

/** SockJS on a fake clock; the test plays the clients, and the proxy behind. */
export function createTestSockJs(line = '*,sockjs=/sock a:1', maxSockets = 10) {
  const clock = new FakeClock()
  const wheel = new TimerWheel({ tickMs: TICK_MS, slotCount: 64, nowMs: clock.now() })
  clock.every(TICK_MS, () => wheel.advance(clock.now()))
  const shared = createTestSockJsEnvironment({ clock, wheel })
  const environment = { ...shared, sockets: new SocketTable(maxSockets) }
  const opened: { readonly routed: RoutedRequest; readonly handshake: ClientHandshake }[] = []
  const answered: number[] = []
  const route = routeOf(line)
  /** Sends a request below `/sock`. */
  const send = (method: string, below: string, more: Partial<ClientRequest> = {}): FakeResponse => {
    const response = new FakeResponse()
    const request = fakeRequest({ method, target: `/sock${below}`, ...more })
    handleSockJsRequest(environment, {
      routed: { request, protocol: 'http', route, secure: false, trusted: false },
      response,
      below: pathBelowSockJs(route, request.target)!,
      openSocket: (routed, handshake) => opened.push({ routed, handshake }),
      onAnswer: ({ status }) => answered.push(status),
    })
    return response
  }
  /** Posts a body, and answers when it was read. */
  const post = async (
    below: string,
    text: string,
    headers: readonly string[] = [],
  ): Promise<FakeResponse> => {
    const body = Readable.from([Buffer.from(text)])
    const response = send('POST', below, { body, headers })
    await once(body, 'end')
    return response
  }
  /** Begins a session by a request for frames, and accepts it for an owner. */
  const open = (method = 'POST', below = '/0/id/xhr') => {
    const response = send(method, below)
    const socket = opened.at(-1)!.handshake.accept(ACCEPTED)
    const owner = new TestOwner()
    socket.owner = owner
    return { response, socket, owner }
  }
  return { environment, clock, route, opened, answered, send, post, open }
}

/** A client's WebSocket that keeps what is done to it. */
export class FakeSocket implements ClientSocket {
  owner: MessageSocketOwner | undefined
  bytesQueued = 0
  readonly peerAddress = '192.0.2.7'
  readonly framing: MessageFraming = {
    name: 'fake',
    frame: (type, content) => Buffer.from(`<${type} ${content}>`),
  }
  /** What was done, in order. */
  readonly done: string[] = []

  send(type: MessageType, content: Buffer): void {
    this.write(this.framing.frame(type, content))
  }

  write(wire: Buffer): void {
    this.done.push(wire.toString())
  }

  close(code: number | undefined, reason: string): void {
    this.done.push(`close ${code} ${reason}`)
  }

  destroy(): void {
    this.done.push('destroy')
  }

  pause(): void {
    this.done.push('pause')
  }

  resume(): void {
    this.done.push('resume')
  }

  /** The client sends a message. */
  hear(text: string, type: MessageType = 'text'): void {
    this.owner?.onMessage(type, Buffer.from(text))
  }
}

/** A client's handshake that keeps what is done to it. */
export class FakeHandshake implements ClientHandshake {
  onClose: (() => void) | undefined
  readonly socket = new FakeSocket()
  accepted: ResponseHead | undefined
  refused: { readonly status: number; readonly body: string } | undefined
  passed: PassthroughJob | undefined

  accept(head: ResponseHead): ClientSocket {
    this.accepted = head
    return this.socket
  }

  refuse({ status }: ResponseHead, body: Buffer): void {
    this.refused = { status, body: body.toString() }
  }

  passThrough(job: PassthroughJob): void {
    this.passed = job
  }
}
