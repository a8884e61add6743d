import type { ClientRequest, ClientResponse } from '../../edges/client.ts'
import { parseJsonBytes } from '../../grip/jsonText.ts'
import { mediaType } from '../../util/headers.ts'
import { plainAnswer, type SockJsAnswer, sendAnswer } from './answers.ts'
import { jsonpScript } from './receiveTransports.ts'

/** How clients send messages, by the last part of the path. SockJS 0.3.3: xhr_send, jsonp_send. */
export const SEND_METHODS: ReadonlyMap<string, readonly string[]> = new Map([
  ['xhr_send', ['POST']],
  ['jsonp_send', ['GET', 'POST']],
])

/** A client's request that carries messages. */
export class SendRequest {
  readonly messages: readonly Buffer[]
  readonly #request: ClientRequest
  readonly #response: ClientResponse
  readonly #callback: string | undefined
  #hasLeft = false

  /** `callback` is the function of the page that is to get the answer; undefined for a plain answer. */
  constructor(
    request: ClientRequest,
    response: ClientResponse,
    sent: { readonly messages: readonly Buffer[]; readonly callback: string | undefined },
  ) {
    this.messages = sent.messages
    this.#request = request
    this.#response = response
    this.#callback = sent.callback
    response.onClose = () => {
      this.#hasLeft = true
    }
  }

  /** Tells the client that its messages were taken. */
  succeed(): void {
    this.#send(plainAnswer('ok'))
  }

  /** Tells the client a frame instead. */
  answerFrame(frame: Buffer): void {
    this.#send(plainAnswer(`${frame.toString()}${this.#callback === undefined ? '\n' : ''}`))
  }

  refuse(answer: SockJsAnswer): void {
    if (!this.#hasLeft) sendAnswer(this.#response, this.#request.headers, answer)
  }

  #send(plain: SockJsAnswer): void {
    if (this.#callback === undefined) this.refuse(plain)
    else {
      const headers = [
        'Content-Type',
        'application/javascript; charset=UTF-8',
        'X-Content-Type-Options',
        'nosniff',
      ]
      const body = jsonpScript(this.#callback, plain.body.toString())
      this.refuse({ ...plain, headers, body })
    }
  }
}

/** Reads the messages of a request's body, or for `jsonp_send` of its form or query; undefined when there is no array of strings. */
export function parseSentMessages(
  transport: string,
  request: Pick<ClientRequest, 'method' | 'target' | 'headers'>,
  body: Buffer,
): readonly Buffer[] | undefined {
  return parseMessages(transport === 'jsonp_send' ? jsonpPayload(request, body) : body)
}

/** Reads a JSON array of strings; undefined when it is none. */
export function parseMessages(payload: Buffer): readonly Buffer[] | undefined {
  const parsed = parseJsonBytes(payload)
  if (!Array.isArray(parsed) || !parsed.every((message) => typeof message === 'string')) return undefined
  return parsed.map((message: string) => Buffer.from(message))
}

/** SockJS 0.3.3: a body that is no form is the payload itself. In forms, `+` is a space (Pushpin leaves it). */
function jsonpPayload(request: Pick<ClientRequest, 'method' | 'target' | 'headers'>, body: Buffer): Buffer {
  if (request.method === 'GET') return formField(request.target.split('?').slice(1).join('?'))
  const type = mediaType(request.headers)
  const isForm = type === '' || type === 'application/x-www-form-urlencoded'
  return isForm ? formField(body.toString()) : body
}

function formField(form: string): Buffer {
  return Buffer.from(new URLSearchParams(form).get('d') ?? '')
}
