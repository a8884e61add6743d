import { HoldfastError, messageWithAdvice } from '../errors.ts'
import { type Instruct, parseInstruct } from '../grip/instruct.ts'
import { nameFault } from '../hold/holdEnvironment.ts'
import { type LastId, toLastIds } from '../hold/lastId.ts'
import { ResponseHold, type RetryableRequest } from '../hold/responseHold.ts'
import { StreamHold } from '../hold/streamHold.ts'
import { filterResponseContent } from '../hub/filters/responseContent.ts'
import type { ChannelRequest } from '../hub/hub.ts'
import { countAnswer } from '../stats/headBytes.ts'
import { getHeader, isBodiless, type ResponseHead } from '../util/headers.ts'
import { chainFault } from './chainFault.ts'
import { originFailure, sendError } from './errorAnswer.ts'
import type { Exchange } from './exchange.ts'
import { channelContext, holdChannels } from './holdChannels.ts'
import type { RequestResult } from './requestLog.ts'
import { explainMistake, unknownGripField } from './routeMistakes.ts'
import { warnOfRoute } from './routeWarnings.ts'
import { heldLinks, streamOrigin } from './streamOrigin.ts'

/** Reads what an origin's complete answer tells us; an INSTRUCT_INVALID when it cannot be done. */
export function readInstruct(
  { environment, routed }: Exchange,
  { head, body }: { readonly head: ResponseHead; readonly body: Buffer },
): Instruct | HoldfastError {
  const unknown = unknownGripField(head.headers)
  if (unknown !== undefined) {
    const { request, route } = routed
    explainMistake(environment, { request, route, found: unknown }, 'unknownGripField')
  }
  try {
    return parseInstruct(head, body)
  } catch (error) {
    if (error instanceof HoldfastError) return error
    throw error
  }
}

/**
 * The channels whose items the hub must get before the client is held; not those that `holdChannels` is sure to leave out. Whether
 * there are too many channels can be different by then: a client held on one that was not opened would get nothing of it.
 */
export function channelsToOpen(exchange: Exchange, instruct: Instruct | HoldfastError): string[] {
  if (instruct instanceof HoldfastError || instruct.holdMode === 'none') return []
  const { environment, implicitChannels, routed } = exchange
  const taken = instruct.channels.slice(0, environment.options.connectionSubscriptionMax)
  const names = taken.map(({ name }) => routed.route.prefix + name)
  return [...implicitChannels, ...names.filter((name) => nameFault(environment.holds, name) === undefined)]
}

/** Does what an origin's answer tells us: answers, or holds the client. GRIP: Grip-Hold. */
export function acceptInstruct(exchange: Exchange, parsed: Instruct | HoldfastError): RequestResult {
  if (parsed instanceof HoldfastError) return refuse(exchange, parsed)
  const instruct = withFilteredBody(exchange, parsed)
  explainInstruct(exchange, instruct)
  switch (instruct.holdMode) {
    case 'none':
      return instruct.nextLink === undefined || !canHaveBody(exchange, instruct)
        ? answer(exchange, instruct)
        : holdStream(exchange, instruct)
    case 'response': {
      const hold = new ResponseHold(exchange.environment.holds, retryableRequest(exchange), instruct)
      hold.subscribe(holdChannels(channelContext(exchange), instruct))
      return 'accept'
    }
    case 'stream':
      return acceptStream(exchange, instruct)
  }
}

/** Says what was probably not meant so. */
function explainInstruct({ environment, routed }: Exchange, instruct: Instruct): void {
  const isHeld = instruct.holdMode !== 'none'
  const isFollowed = instruct.nextLink !== undefined
  if (!isHeld && !isFollowed && instruct.channels.length > 0)
    explainMistake(environment, routed, 'channelWithoutHold')
  if (isHeld && environment.signerFor(routed.route) === undefined)
    explainMistake(environment, routed, 'gripUnsigned')
}

/** Applies the filters for what origins themselves send; where they fail there is no body. GRIP: build-id. */
function withFilteredBody(exchange: Exchange, instruct: Instruct): Instruct {
  const { response } = instruct
  if (instruct.holdMode === 'response' || response.body.length === 0) return instruct
  const result = filterResponseContent(instruct, response.body)
  if (result.kind === 'send') return { ...instruct, response: { ...response, body: result.content } }
  const fault = `filter error: ${result.message}`
  exchange.environment.log.warn(`${exchange.routed.request.target}: ${fault}`)
  const body = Buffer.from(exchange.debug ? `\n\n${fault}\n` : '')
  return { ...instruct, holdMode: 'none', nextLink: undefined, response: { ...response, body } }
}

function acceptStream(exchange: Exchange, instruct: Instruct): RequestResult {
  if (!canHaveBody(exchange, instruct)) return answer(exchange, instruct)
  const fault = chainFault(exchange.environment, instruct)
  if (fault !== undefined) return refuseStream(exchange, instruct, fault)
  if (instruct.nextLink === undefined && instruct.channels.some(({ prevId }) => prevId !== undefined)) {
    const channels = holdChannels(channelContext(exchange), instruct)
    // Only the origin can tell what is no longer in the history.
    if (exchange.environment.holds.hub.isBehind(channels, exchange.newestIds)) {
      exchange.askAgain(channels, clientLastIds(exchange, instruct, channels))
      return 'retry'
    }
  }
  return holdStream(exchange, instruct)
}

/**
 * What the client has of the channels if it gets nothing of this answer. The prev-ids tell where it would be after the body;
 * they tell where it is when there is no body, or when they repeat its Last-Event-ID.
 */
function clientLastIds(
  exchange: Exchange,
  instruct: Instruct,
  channels: readonly ChannelRequest[],
): LastId[] {
  const { request, route } = exchange.routed
  const lastEventId = getHeader(request.headers, 'last-event-id')
  const lastIds = toLastIds(channels, route.prefix)
  return instruct.response.body.length === 0 ? lastIds : lastIds.filter(({ id }) => id === lastEventId)
}

/** Sends the answer as it is, and ends it. GRIP: prev-id, rel=next. */
function refuseStream(exchange: Exchange, instruct: Instruct, fault: string): RequestResult {
  exchange.environment.log.warn(`${exchange.routed.request.target}: ${fault}`)
  explainMistake(exchange.environment, exchange.routed, 'prevIdWithoutNext')
  const { response } = instruct
  const body = exchange.debug ? Buffer.concat([response.body, Buffer.from(`\n\n${fault}\n`)]) : response.body
  return answer(exchange, { ...instruct, response: { ...response, body } })
}

function holdStream(exchange: Exchange, instruct: Instruct): RequestResult {
  const { connection } = exchange
  const { response } = instruct
  const stream = exchange.response.holdStream(response, response.body)
  countAnswer(connection.traffic, response, response.body.length)
  const hold = new StreamHold(exchange.environment.holds, { stream, connection })
  hold.begin(instruct, streamOrigin(exchange))
  return 'accept'
}

function retryableRequest(exchange: Exchange): RetryableRequest {
  return {
    connection: exchange.connection,
    get peerAddress() {
      return exchange.routed.request.peerAddress
    },
    response: exchange.response,
    prefix: exchange.routed.route.prefix,
    lane: exchange.routed.route.id,
    newestIds: exchange.newestIds,
    debug: exchange.debug,
    filterNetwork: (signal) => heldLinks(exchange).filterNetwork(signal),
    fail: (text) => exchange.failHeld(text),
    tellGone: (url) => heldLinks(exchange).tellGone(url),
    retry: (lastIds, onSettled) => exchange.retry(lastIds, onSettled),
  }
}

/** A HEAD request, 204 and 304 are answered whole by their head: there is nothing to append to. RFC 9110 §6.4.1. */
function canHaveBody(exchange: Exchange, instruct: Instruct): boolean {
  const { status } = instruct.response
  return exchange.routed.request.method !== 'HEAD' && !isBodiless(status)
}

function answer(exchange: Exchange, instruct: Instruct): RequestResult {
  const { status, reason, headers, body } = instruct.response
  const framing = isBodiless(status) ? [] : ['Content-Length', String(body.length)]
  const head = { status, reason, headers: [...headers, ...framing] }
  countAnswer(exchange.connection.traffic, head, body.length)
  exchange.response.head(head)
  exchange.response.end(body)
  return { status, bodyBytes: body.length }
}

function refuse(exchange: Exchange, error: HoldfastError): RequestResult {
  const { request, route } = exchange.routed
  const text = `${request.method} ${request.target}: instructions: ${messageWithAdvice(error)}`
  warnOfRoute(exchange.environment, route, { kind: 'instructions', text, code: error.code })
  const failure = originFailure(error, [])
  return { status: failure.status, bodyBytes: sendError(exchange.response, failure, exchange.debug) }
}
