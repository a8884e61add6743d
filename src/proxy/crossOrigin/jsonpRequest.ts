import { Readable } from 'node:stream'
import type { ClientRequest } from '../../edges/client.ts'
import { isToken } from '../../grip/headerText.ts'
import type { JsonpOptions } from '../../route/route.ts'
import { type RawHeaders, replaceHeader } from '../../util/headers.ts'
import type { ErrorAnswer } from '../errorAnswer.ts'
import { joinHeaders, readSetHeaders } from './jsonpHeaders.ts'
import { decodePercent, JsonpQuery } from './jsonpQuery.ts'

/** A request that a page makes by a script element: what it stands for, and the function that is to get the answer. */
export interface JsonpRequest {
  readonly kind: 'jsonp'
  readonly callback: string
  readonly mode: JsonpOptions['mode']
  readonly method: string
  readonly target: string
  readonly headers: RawHeaders
  readonly body: Buffer
}

/** A JSON-P request that cannot be understood. */
export interface JsonpFault {
  readonly kind: 'invalid'
  readonly answer: ErrorAnswer
}

const NO_BODY = Buffer.alloc(0)

/** A name, or a path to one: `cb`, `app.callbacks._3`, `cbs[0]`, `window["a-b"]`. It is code that we send to a page. */
const CALLBACK = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*|\[(?:\d{1,9}|"[\w$.-]*"|'[\w$.-]*')\])*$/
const MAX_CALLBACK_LENGTH = 200

/**
 * Reads a GET request as JSON-P; undefined when it is none: it has no callback parameter, and there is no default one that
 * a body parameter would call for. Pushpin: `aco`, `jsonp_*`.
 *
 * A deviation: callback names must be plain, and fields in `_headers` must be such as a client could send; they replace the
 * client's own of the same name.
 */
export function parseJsonp(
  options: JsonpOptions,
  request: Pick<ClientRequest, 'method' | 'target' | 'headers'>,
): JsonpRequest | JsonpFault | undefined {
  if (request.method !== 'GET') return undefined
  const query = new JsonpQuery(request.target)
  const { callbackParam, bodyParam, defaultCallback } = options
  const isCalledByBody = defaultCallback !== undefined && bodyParam !== undefined && query.has(bodyParam)
  if (!query.has(callbackParam) && !isCalledByBody) return undefined
  const callback = readCallback(query, options)
  if (callback === undefined) return invalid('callback')
  const method = readMethod(query, options)
  if (method === undefined) return invalid('_method')
  const setHeaders = readSetHeaders(query.take('_headers'))
  if (setHeaders === undefined) return invalid('_headers')
  const bodyText = query.take(bodyParam ?? '_body')
  const body = bodyText === undefined ? NO_BODY : decodePercent(bodyText)
  if (body === undefined) return invalid(bodyParam === undefined ? '_body' : 'body')
  const isJson = bodyParam !== undefined && bodyText !== undefined
  const described = isJson ? replaceHeader(setHeaders, 'Content-Type', 'application/json') : setHeaders
  const headers = joinHeaders(described, request.headers)
  return { kind: 'jsonp', callback, mode: options.mode, method, target: query.target, headers, body }
}

/** The client's request as it would be without JSON-P. */
export function plainRequest(request: ClientRequest, jsonp: JsonpRequest): ClientRequest {
  const { method, target, headers, body } = jsonp
  const hasBody = body.length > 0
  const { httpVersion, secure, authority, peerAddress } = request
  return {
    httpVersion,
    secure,
    authority,
    peerAddress,
    method,
    target,
    headers,
    body: hasBody ? Readable.from([body]) : undefined,
    bodyLength: hasBody ? body.length : undefined,
  }
}

/** The default callback is the operator's own text, and not checked. */
function readCallback(query: JsonpQuery, options: JsonpOptions): string | undefined {
  const text = query.take(options.callbackParam)
  if (text === undefined) return options.defaultCallback
  const name = decodePercent(text)?.toString('latin1') ?? ''
  return name.length <= MAX_CALLBACK_LENGTH && CALLBACK.test(name) ? name : undefined
}

/** CONNECT has no path and gets no answer in the form of others. RFC 9110 §9.3.6. */
function readMethod(query: JsonpQuery, options: JsonpOptions): string | undefined {
  const text = query.take('_method')
  if (text === undefined) return options.defaultMethod
  const method = decodePercent(text)?.toString('latin1') ?? ''
  return isToken(method) && method !== 'CONNECT' ? method : undefined
}

function invalid(name: string): JsonpFault {
  return { kind: 'invalid', answer: { status: 400, text: `Invalid ${name} parameter.` } }
}
