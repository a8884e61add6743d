import type { ClientResponse } from '../../edges/client.ts'
import type { ClientHandshake } from '../../edges/socket.ts'
import type { RoutedRequest } from '../findRoute.ts'
import {
  CALLBACK_REQUIRED,
  GREETING,
  infoAnswer,
  NOT_FOUND,
  PAYLOAD_EXPECTED,
  preflightAnswer,
  REQUEST_TOO_LARGE,
  type SockJsAnswer,
  sendAnswer,
  TOO_MANY_SOCKETS,
} from './answers.ts'
import { takeCallback } from './callback.ts'
import { EmulatedHandshake } from './emulatedHandshake.ts'
import { originRequest } from './originRequest.ts'
import { readBody } from './readBody.ts'
import { Receiver } from './receiver.ts'
import { RECEIVE_TRANSPORTS, type ReceiveTransport } from './receiveTransports.ts'
import { relayToOwner } from './relayToOwner.ts'
import { parseSentMessages, SEND_METHODS, SendRequest } from './sendRequest.ts'
import type { SockJsEnvironment } from './sockJsEnvironment.ts'
import { parseSockJsPath, sockJsOriginPath } from './sockJsPath.ts'

/** Opens the origin's side of a client's WebSocket. */
export type OpenSocket = (routed: RoutedRequest, handshake: ClientHandshake) => void

/** An HTTP request below a route's SockJS path. */
export interface SockJsExchange {
  readonly routed: RoutedRequest
  readonly response: ClientResponse
  /** What follows the SockJS path in the request's path. */
  readonly below: string
  readonly openSocket: OpenSocket
  /** Told of an answer that is no part of a WebSocket. */
  onAnswer(result: { readonly status: number; readonly bodyBytes: number }): void
}

/**
 * Takes an HTTP request for SockJS. Pushpin: `sockjs`; SockJS 0.3.3.
 *
 *     readBody --too large--> 400
 *       static URL, fault --> answered
 *       id of another process of the server --> relayToOwner
 *       request for frames --id unknown--> EmulatedHandshake --> openSocket
 *       request for frames, messages --id known--> its EmulationStage
 */
export function handleSockJsRequest(environment: SockJsEnvironment, exchange: SockJsExchange): void {
  readBody(exchange.routed.request, (body) => {
    const answer = body === undefined ? REQUEST_TOO_LARGE : takeRequest(environment, exchange, body)
    if (answer === undefined) return
    const { routed, response } = exchange
    const bodyBytes = sendAnswer(response, routed.request.headers, answer)
    exchange.onAnswer({ status: answer.status, bodyBytes })
  })
}

/** Answers what is to be answered at once; undefined when a WebSocket has taken the request. */
function takeRequest(
  environment: SockJsEnvironment,
  exchange: SockJsExchange,
  body: Buffer,
): SockJsAnswer | undefined {
  const { request, route } = exchange.routed
  if (request.method === 'OPTIONS') return preflightAnswer(request.headers)
  const place = parseSockJsPath(exchange.below)
  if (place.kind === 'session') return takeSessionRequest(environment, exchange, { ...place, body })
  if (request.method !== 'GET') return NOT_FOUND
  switch (place.kind) {
    case 'greeting':
      return GREETING
    case 'info':
      return infoAnswer(route.proto !== 'http', environment.entropy())
    case 'iframe':
      return environment.iframePage.answer(request.headers)
    default:
      return NOT_FOUND
  }
}

interface SessionRequest {
  readonly id: string
  readonly transport: string
  readonly body: Buffer
}

function takeSessionRequest(
  environment: SockJsEnvironment,
  exchange: SockJsExchange,
  session: SessionRequest,
): SockJsAnswer | undefined {
  const owner = environment.owners?.ownerOf(session.id)
  if (owner !== undefined) {
    const { routed, response, onAnswer } = exchange
    relayToOwner(owner, { request: routed.request, response, body: session.body, onFailure: onAnswer })
    return undefined
  }
  const { method } = exchange.routed.request
  const transport = RECEIVE_TRANSPORTS.get(session.transport)
  if (transport?.methods.includes(method)) {
    return takeReceiveRequest(environment, exchange, { id: session.id, transport })
  }
  const isSend = SEND_METHODS.get(session.transport)?.includes(method) ?? false
  return isSend ? takeSendRequest(environment, exchange, session) : NOT_FOUND
}

function takeReceiveRequest(
  environment: SockJsEnvironment,
  { routed, response, openSocket }: SockJsExchange,
  { id, transport }: { readonly id: string; readonly transport: ReceiveTransport },
): SockJsAnswer | undefined {
  const { request, route } = routed
  const { callback, target, fault } = transport.hasCallback
    ? takeCallback(request.target)
    : plain(request.target)
  if (fault !== undefined) return fault
  if (transport.hasCallback && callback === undefined) return CALLBACK_REQUIRED
  const receive = { transport, callback: callback ?? '', headers: request.headers }
  const stage = environment.sockets.find(route.id, id)
  if (stage !== undefined) {
    stage.onReceiver(new Receiver(response, receive))
    return undefined
  }
  const slot = environment.sockets.reserve(route.id, id)
  if (slot === undefined) return TOO_MANY_SOCKETS
  const receiver = new Receiver(response, receive)
  const { peerAddress } = request
  const handshake = new EmulatedHandshake(environment, { peerAddress, receiver, slot })
  openSocket(originRequest(routed, { path: sockJsOriginPath(route, 'http'), target }), handshake)
  return undefined
}

function takeSendRequest(
  environment: SockJsEnvironment,
  { routed, response }: SockJsExchange,
  { id, transport, body }: SessionRequest,
): SockJsAnswer | undefined {
  const { request, route } = routed
  const stage = environment.sockets.find(route.id, id)
  if (stage === undefined) return NOT_FOUND
  const { callback, fault } =
    transport === 'jsonp_send' ? takeCallback(request.target) : plain(request.target)
  if (fault !== undefined) return fault
  const messages = parseSentMessages(transport, request, body)
  if (messages === undefined) return PAYLOAD_EXPECTED
  stage.onMessages(new SendRequest(request, response, { messages, callback }))
  return undefined
}

function plain(target: string): ReturnType<typeof takeCallback> {
  return { callback: undefined, target, fault: undefined }
}
