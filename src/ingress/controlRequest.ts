import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../edges/log.ts'
import { MISTAKES } from '../util/mistakes.ts'
import { type Admission, type AdmissionRules, admitRequest } from './admitRequest.ts'
import type { Access, Refusal } from './auth/access.ts'
import type { Call } from './auth/foreignPage.ts'
import type { RefusedCalls } from './auth/refusedCalls.ts'
import {
  BODY_TOO_LARGE,
  type ControlAnswer,
  failureAnswer,
  NOT_ACCEPTABLE,
  NOT_FOUND,
} from './controlAnswer.ts'
import type { ControlConnection, LastRequest } from './controlConnection.ts'
import { OpenAnswer } from './controlStream.ts'
import type { ControlReply, ControlStream, ControlVerb } from './controlVerb.ts'
import type { AnswerForm } from './negotiate.ts'

/** What the requests of one control port share. */
export interface ControlContext extends AdmissionRules {
  readonly access: Access
  readonly refusedCalls: RefusedCalls
  readonly log: Log
  /** Answers that go on until somebody ends them. */
  readonly streams: Set<ControlStream>
  /** True while the port is closing: answers are the last of their connections. */
  isClosing: boolean
  /** Whether it was explained that clients belong elsewhere. */
  hasToldClients: boolean
}

/** How long a client that sends too much is listened to, so that it sees its answer and not a reset connection. */
export const LINGER_MS = 1000

/** Pieces of a body that are kept apart: each costs a hundred bytes beside its content, and may have one. */
const MAX_CHUNKS = 1000

/** States in which a body may still be coming. */
const READABLE_STATES: readonly string[] = ['admitting', 'reading']

/** Set on an IncomingMessage, so that one set of listener functions serves all requests. */
const requestOf = Symbol('controlRequest')

interface ControlMessage extends IncomingMessage {
  [requestOf]?: ControlRequest
}

/**
 * One request to the control port.
 *
 *     new --fault--> answered
 *     new --> admitting --may not--> answered
 *             admitting --> reading --end--> running --verb--> answered
 *                                                     running --verb begins a stream--> answered
 *                           reading --too large, broken--> lingering --end, or 1 s--> answered
 */
export class ControlRequest implements ControlReply, LastRequest {
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse
  readonly #context: ControlContext
  readonly #connection: ControlConnection
  #state: 'new' | 'admitting' | 'reading' | 'running' | 'lingering' | 'answered' = 'new'
  #verb: ControlVerb | undefined
  #form: AnswerForm = 'text'
  #chunks: Buffer[] = []
  #size = 0
  #awaitsContinue: boolean

  constructor(context: ControlContext, message: ControlExchange) {
    this.#context = context
    this.#incoming = message.incoming
    this.#outgoing = message.outgoing
    this.#awaitsContinue = message.awaitsContinue
    this.#connection = message.connection
    this.#connection.last = this
  }

  get isWritten(): boolean {
    return this.#outgoing.writableFinished
  }

  get form(): AnswerForm {
    return this.#form
  }

  /** Looks at the head and answers at once, or goes on to read the body. */
  begin(): void {
    const { method, url, rawHeaders } = this.#incoming
    const head = { method: method as string, target: url as string, headers: rawHeaders }
    const decision = admitRequest(head, this.#context)
    if (decision === BODY_TOO_LARGE) this.#answerAndLinger(decision)
    else if ('status' in decision) {
      if (decision === NOT_FOUND || decision === NOT_ACCEPTABLE) this.#explainPort()
      this.answer(decision)
    } else this.#admit(decision)
  }

  /** No verb is for streams or WebSockets at paths of an application. */
  #explainPort(): void {
    const { method, url, headers } = this.#incoming
    const isClient = headers.upgrade !== undefined || headers.accept?.includes('text/event-stream') === true
    if (!isClient || this.#context.hasToldClients) return
    this.#context.hasToldClients = true
    this.#context.log.warn(`control: ${method} ${url}: ${MISTAKES.clientOnControlPort}`)
  }

  answer(answer: ControlAnswer, items?: number): void {
    if (this.#state === 'answered') return
    if (this.#state === 'running') this.#connection.endRun()
    this.#state = 'answered'
    this.#writeHead(answer)
    this.#outgoing.end(answer.body)
    this.#logAnswer(answer, items)
  }

  stream(headers: readonly string[]): ControlStream {
    this.#connection.endRun()
    this.#state = 'answered'
    this.#writeHead({ status: 200, headers, body: '' })
    this.#outgoing.flushHeaders()
    const stream = new OpenAnswer(this.#outgoing, this.#context.streams)
    // RFC 9110 §9.3.2
    if (this.#incoming.method === 'HEAD') stream.end()
    return stream
  }

  fail(error: unknown): void {
    const answer = failureAnswer(error)
    if (answer.status === 500) this.#context.log.error('control: a request failed', { error })
    this.answer(answer)
  }

  breakConnection(fault: ControlAnswer, refuse: () => void): void {
    if (READABLE_STATES.includes(this.#state) && !this.#incoming.complete) this.#answerAndLinger(fault)
    else if (this.isWritten) refuse()
    else if (this.#state !== 'lingering') this.#outgoing.once('finish', refuse)
  }

  takeChunk(chunk: Buffer): void {
    if (this.#state !== 'reading') return
    this.#size += chunk.length
    if (this.#size > this.#context.maxBodyBytes) this.#answerAndLinger(BODY_TOO_LARGE)
    else if (this.#chunks.push(chunk) >= MAX_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)]
  }

  takeEnd(): void {
    if (this.#state !== 'reading') return
    const [only] = this.#chunks
    this.#run(this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks))
  }

  /** A token takes a moment to verify; requests that come after on the connection wait, so that items keep their order. */
  #admit(admission: Admission): void {
    this.#state = 'admitting'
    const { scope } = admission.verb
    const refusal = scope === undefined ? undefined : this.#context.access.refuse(this.#call, scope)
    this.#connection.inOrder(refusal, (known) => {
      if (this.#state !== 'admitting') return
      if (known === undefined) this.#go(admission)
      else this.#refuse(known)
    })
  }

  get #call(): Call {
    const { method, rawHeaders, socket } = this.#incoming
    return { method: method as string, headers: rawHeaders, socket }
  }

  #refuse({ answer, reason }: Refusal): void {
    const { method, url, socket } = this.#incoming
    const { status } = answer
    this.#context.refusedCalls.note({
      method: method as string,
      target: url as string,
      status,
      reason,
      peerAddress: socket.remoteAddress,
    })
    this.answer(answer)
  }

  #go(admission: Admission): void {
    this.#form = admission.form
    this.#verb = admission.verb
    if (admission.verb.method === undefined) this.#run(Buffer.alloc(0))
    else this.#read()
  }

  #read(): void {
    this.#state = 'reading'
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false
      this.#outgoing.writeContinue()
    }
    const message = this.#incoming as ControlMessage
    message[requestOf] = this
    message.on('data', onData)
    message.on('end', onEnd)
  }

  #run(body: Buffer): void {
    this.#state = 'running'
    this.#chunks = []
    this.#connection.beginRun()
    try {
      this.#verb?.run(body, this)
    } catch (error) {
      this.fail(error)
    }
  }

  /**
   * Answers while the client still sends. The answer is written whole but not ended, because the connection closes with
   * its end, and closing a socket with unread bytes resets it: the client might never see why. What it sends is dropped.
   */
  #answerAndLinger(answer: ControlAnswer): void {
    this.#chunks = []
    this.#outgoing.shouldKeepAlive = false
    if (this.#awaitsContinue) {
      this.answer(answer)
      return
    }
    this.#state = 'lingering'
    this.#writeHead(answer)
    this.#outgoing.write(answer.body)
    this.#logAnswer(answer, undefined)
    const finish = (): void => {
      clearTimeout(timer)
      this.#state = 'answered'
      this.#outgoing.end()
    }
    const timer = setTimeout(finish, LINGER_MS)
    this.#incoming.once('close', finish)
    this.#incoming.resume()
  }

  #writeHead(answer: ControlAnswer): void {
    // A body that the client was not asked for may come or not: what follows on the connection would be ambiguous.
    if (this.#awaitsContinue || this.#context.isClosing) this.#outgoing.shouldKeepAlive = false
    this.#outgoing.writeHead(answer.status, answer.headers as string[])
  }

  #logAnswer(answer: ControlAnswer, items: number | undefined): void {
    const { log } = this.#context
    if (!log.isEnabled('debug')) return
    const { method, url } = this.#incoming
    const count = items === undefined ? '' : ` items=${items}`
    log.debug(`control: ${method} ${url} code=${answer.status} ${Buffer.byteLength(answer.body)}${count}`)
  }
}

/** A request as `node:http` hands it over. */
export interface ControlExchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly connection: ControlConnection
  /** The client waits for `100 Continue` before it sends the body. */
  readonly awaitsContinue: boolean
}

function onData(this: ControlMessage, chunk: Buffer): void {
  this[requestOf]?.takeChunk(chunk)
}

function onEnd(this: ControlMessage): void {
  this[requestOf]?.takeEnd()
}
