import { isHeaderName, type RawHeaders } from '../util/headers.ts'
import {
  BODY_TOO_LARGE,
  type ControlAnswer,
  LENGTH_REQUIRED,
  methodNotAllowed,
  NOT_ACCEPTABLE,
  NOT_FOUND,
} from './controlAnswer.ts'
import type { ControlVerb } from './controlVerb.ts'
import { type AnswerForm, negotiate } from './negotiate.ts'
import type { VerbLookup } from './verbs.ts'

/** A request head as `node:http` parsed it. */
export interface ParsedHead {
  readonly method: string
  readonly target: string
  readonly headers: RawHeaders
}

/** What a request that may go on is going to do. */
export interface Admission {
  readonly verb: ControlVerb
  readonly form: AnswerForm
}

/** What a request is checked against. */
export interface AdmissionRules {
  readonly verbs: VerbLookup
  readonly maxBodyBytes: number
}

/** Decides by its head what becomes of a request; the order of the checks is Pushpin's, operations.md §3. */
export function admitRequest(head: ParsedHead, rules: AdmissionRules): Admission | ControlAnswer {
  const { method } = head
  const fields = readFields(head.headers)
  if (fields.bodyBytes !== undefined && fields.bodyBytes > rules.maxBodyBytes) return BODY_TOO_LARGE
  // Pushpin takes no chunked body; we do.
  const saysLength = fields.bodyBytes !== undefined || fields.isChunked
  const verbs = rules.verbs(head.target)
  const { negotiates, needsLength } = verbs[0] ?? AS_PUSHPIN
  if (needsLength && !saysLength && !BODILESS_METHODS.has(method)) return LENGTH_REQUIRED
  const form = negotiates ? negotiate(fields.accept) : 'json'
  if (form === undefined) return NOT_ACCEPTABLE
  if (verbs.length === 0) return NOT_FOUND
  const verb = verbs.find((known) => takesMethod(known, method))
  if (verb !== undefined) return { verb, form }
  return methodNotAllowed(method, allowedMethods(verbs), negotiates ? 'text' : 'json')
}

/** RFC 9110 §9.3.2: HEAD is a GET whose answer is sent without its body. Pushpin's verbs do not take it. */
function takesMethod(verb: ControlVerb, method: string): boolean {
  return verb.method === undefined || verb.method === method || (verb.method === 'GET' && method === 'HEAD')
}

function allowedMethods(verbs: readonly ControlVerb[]): string {
  return verbs.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ')
}

/** What is asked of requests for paths that do not exist. */
const AS_PUSHPIN = { negotiates: true, needsLength: true }

/** Methods whose requests need not say that they have no body. */
const BODILESS_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

interface Fields {
  /** All Accept fields as one list. */
  accept: string | undefined
  bodyBytes: number | undefined
  isChunked: boolean
}

/**
 * Reads the fields that matter in one pass; `IncomingMessage.headers` would build an object of all of them first. The
 * parser has refused a Content-Length that is not one number.
 */
function readFields(headers: RawHeaders): Fields {
  const fields: Fields = { accept: undefined, bodyBytes: undefined, isChunked: false }
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    if (isHeaderName(name, 'accept')) {
      fields.accept = fields.accept === undefined ? value : `${fields.accept},${value}`
    } else if (isHeaderName(name, 'content-length')) {
      fields.bodyBytes = Number(value)
    } else if (isHeaderName(name, 'transfer-encoding')) {
      fields.isChunked = true
    }
  }
  return fields
}
