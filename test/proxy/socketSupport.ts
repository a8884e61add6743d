import type { ClientRequest } from '../../src/edges/client.ts'
import type { OriginRequest, OriginTarget } from '../../src/edges/origin.ts'
import type { LocalOrigin, OriginOpening, OriginSocketSink } from '../../src/edges/originSocket.ts'
import { HoldfastError } from '../../src/errors.ts'
import type { PublishItem } from '../../src/grip/publishItem.ts'
import { handleSocket } from '../../src/proxy/handleSocket.ts'
import { FakeHandshake, FakeOriginSocket } from '../support/fakeSocket.ts'
import { createTestProxy, FakeOrigin, fakeRequest, type ProxySetup } from './support.ts'

/** One WebSocket that an origin is asked to open; the test plays the origin through it. */
export class AskedSocket implements OriginOpening {
  readonly target: OriginTarget
  readonly request: OriginRequest
  socket = new FakeOriginSocket()
  isAborted = false
  readonly #sink: OriginSocketSink

  constructor(target: OriginTarget, request: OriginRequest, sink: OriginSocketSink) {
    this.target = target
    this.request = request
    this.#sink = sink
  }

  abort(): void {
    this.isAborted = true
  }

  open(headers: readonly string[] = []): void {
    this.#sink.onOpen({ status: 101, reason: 'Switching Protocols', headers }, this.socket)
  }

  refuse(status: number, body: string, headers: readonly string[] = []): void {
    this.#sink.onRefused({ status, reason: 'Because', headers }, Buffer.from(body))
  }

  fail(code: 'ORIGIN_UNREACHABLE' | 'ORIGIN_TIMEOUT' | 'ORIGIN_BROKEN' | 'ORIGIN_DENIED'): void {
    this.#sink.onError(new HoldfastError(code, `it is ${code}`))
  }
}

/** An origin that only notes which WebSockets it is asked for. */
export class FakeSocketOrigin extends FakeOrigin implements LocalOrigin {
  readonly sockets: AskedSocket[] = []

  override openSocket(target: OriginTarget, request: OriginRequest, sink: OriginSocketSink): OriginOpening {
    const asked = new AskedSocket(target, request, sink)
    this.sockets.push(asked)
    return asked
  }
}

/** A client's handshake on its way, with everything around it played by the test. */
export function openTestSocket(setup: ProxySetup & { readonly request?: Partial<ClientRequest> } = {}) {
  const origin = new FakeSocketOrigin()
  const proxy = createTestProxy({ ...setup, origin })
  const handshake = new FakeHandshake()
  handleSocket(proxy.environment, fakeRequest(setup.request), handshake)
  return { ...proxy, handshake, origin, sockets: origin.sockets }
}

/** What GRIP adds to an origin's acceptance. */
export const GRIP_ACCEPTED = ['Sec-WebSocket-Extensions', 'grip']

/** An open WebSocket between a client and an origin, both played by the test. */
export function relayTestSocket(
  setup: Parameters<typeof openTestSocket>[0] & {
    readonly accepted?: readonly string[]
    readonly socket?: FakeOriginSocket
  } = {},
) {
  const opened = openTestSocket(setup)
  const [asked] = opened.sockets
  if (asked === undefined) throw new Error('no WebSocket was asked for')
  if (setup.socket !== undefined) asked.socket = setup.socket
  asked.open(setup.accepted ?? GRIP_ACCEPTED)
  const client = opened.handshake.socket
  const deliver = (item: PublishItem): void => {
    opened.holds.hub.deliver(item)
    opened.holds.clock.settle()
  }
  /** The origin sends a control message. */
  const control = (message: unknown): void => asked.socket.receive('text', `c:${JSON.stringify(message)}`)
  return { ...opened, client, end: asked.socket, control, deliver }
}
