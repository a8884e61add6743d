import type { ClientResponse } from '../../edges/client.ts'
import { reasonFor } from '../../grip/statusReasons.ts'
import { filterHeaders, getHeader, headerTokens, type RawHeaders } from '../../util/headers.ts'

/** A whole answer, less its CORS fields and Content-Length. */
export interface SockJsAnswer {
  readonly status: number
  /** The usual one of the status when undefined. */
  readonly reason?: string
  readonly headers: RawHeaders
  readonly body: string | Buffer
}

const YEAR_SECONDS = 31_536_000
const NOT_CACHED = 'no-store, no-cache, must-revalidate, max-age=0'
const CACHED = `public, max-age=${YEAR_SECONDS}`

/** For a path that is none of SockJS. */
export const NOT_FOUND = errorAnswer(404, 'Not Found')
/** For a body of messages that is longer than is taken. */
export const REQUEST_TOO_LARGE = errorAnswer(400, 'Request too large.')
/** For a body without messages. Pushpin's text. */
export const PAYLOAD_EXPECTED = errorAnswer(400, 'Payload expected')
/** For messages that come while others are on their way to the origin. Pushpin's text. */
export const ALREADY_SENDING = errorAnswer(400, 'Already sending')
/** For JSON-P without a callback. Pushpin's text. */
export const CALLBACK_REQUIRED = errorAnswer(400, 'Bad Request')
/** For a callback that is no name. */
export const CALLBACK_INVALID = errorAnswer(400, 'invalid "callback" parameter')
/** For a request for frames of a socket that has ended. Pushpin's text. */
export const TERMINATED = errorAnswer(410, 'Session terminated')
/** For a socket beyond those that a route may have. */
export const TOO_MANY_SOCKETS = errorAnswer(503, 'Too many sessions')
/** What is at the base path. SockJS 0.3.3: greeting url. */
export const GREETING = plainAnswer('Welcome to SockJS!\n')

/** Makes an answer of plain text. */
export function plainAnswer(body: string): SockJsAnswer {
  return { status: 200, headers: ['Content-Type', 'text/plain'], body }
}

function errorAnswer(status: number, text: string): SockJsAnswer {
  return { status, headers: ['Content-Type', 'text/plain'], body: `${text}\n` }
}

/** Tells a client what the server can do, and 32 random bits for browsers that have none. SockJS 0.3.3: info. */
export function infoAnswer(websocket: boolean, entropy: number): SockJsAnswer {
  const info = { cookie_needed: false, entropy, origins: ['*:*'], websocket }
  return plainAnswer(`${JSON.stringify(info)}\n`)
}

/** Allows a script of another site what it asks for. Pushpin allows it without a word of methods and headers. */
export function preflightAnswer(request: RawHeaders): SockJsAnswer {
  const asked = getHeader(request, 'access-control-request-headers')
  return {
    status: 204,
    headers: [
      'Content-Type',
      'text/plain',
      'Cache-Control',
      CACHED,
      'Access-Control-Allow-Methods',
      'OPTIONS, GET, POST',
      'Access-Control-Max-Age',
      String(YEAR_SECONDS),
      ...(asked ? ['Access-Control-Allow-Headers', asked] : []),
    ],
    body: '',
  }
}

/** The page that sockjs-client loads in a hidden frame to speak with the site that serves it. SockJS 0.3.3: iframe page. */
export class IframePage {
  readonly #html: string
  readonly #etag: string

  /** `scriptUrl` is where sockjs-client can be loaded; `digest` makes a short text of a long one, as MD5 does. */
  constructor(scriptUrl: string, digest: (text: string) => string) {
    this.#html = iframeHtml(scriptUrl)
    this.#etag = `"${digest(this.#html)}"`
  }

  answer(request: RawHeaders): SockJsAnswer {
    const headers = ['ETag', this.#etag, 'Cache-Control', CACHED]
    const known = headerTokens(request, 'if-none-match').map((etag) => etag.replace(/^w\//, ''))
    if (known.includes(this.#etag) || known.includes('*')) return { status: 304, headers, body: '' }
    const typed = [...headers, 'Content-Type', 'text/html; charset=UTF-8']
    return { status: 200, headers: typed, body: this.#html }
  }
}

/** Sends an answer; returns the bytes of its body. */
export function sendAnswer(response: ClientResponse, request: RawHeaders, answer: SockJsAnswer): number {
  const body = Buffer.from(answer.body)
  const hasBody = answer.status !== 204 && answer.status !== 304
  const headers = [...openHeaders(request, answer.headers)]
  if (hasBody) headers.push('Content-Length', String(body.length))
  response.head({ status: answer.status, reason: answer.reason ?? reasonFor(answer.status), headers })
  response.end(hasBody ? body : undefined)
  return hasBody ? body.length : 0
}

/**
 * Returns an answer's fields with those that let scripts of every site read it. Caching is forbidden where the answer says nothing of
 * it (Pushpin forbids it even where it says otherwise).
 */
export function openHeaders(request: RawHeaders, own: RawHeaders): string[] {
  const headers = filterHeaders(own, (name) => !OPENING.has(name))
  if (getHeader(own, 'cache-control') === undefined) headers.push('Cache-Control', NOT_CACHED)
  headers.push('Access-Control-Allow-Origin', getHeader(request, 'origin') || '*')
  headers.push('Access-Control-Allow-Credentials', 'true')
  return headers
}

const OPENING: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-allow-origin',
  'content-length',
])

/** The text is the protocol's. */
function iframeHtml(scriptUrl: string): string {
  return `<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script src="${scriptUrl.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></script>
  <script>
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  </script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>
`
}
