import type { Scope } from './auth/scope.ts'
import type { ControlAnswer } from './controlAnswer.ts'
import type { AnswerForm } from './negotiate.ts'

/** An answer that goes on until one side ends it. */
export interface ControlStream {
  /** Bytes that the client has not taken yet. */
  readonly bytesQueued: number
  /** Called once when it has ended, whoever ended it. */
  onClose: (() => void) | undefined
  /** Writes a part of the body; ignored once it has ended. */
  write(text: string): void
  end(): void
}

/** Where a verb puts its answer; one of the three is called once, then or later. */
export interface ControlReply {
  /** The form that the body of a success is to have. */
  readonly form: AnswerForm
  /** Answers; `items` is how many were published, for the log. */
  answer(answer: ControlAnswer, items?: number): void
  /** Begins an answer of status 200 that has no length; `headers` are name, value, name, value. */
  stream(headers: readonly string[]): ControlStream
  /** Answers a failure. */
  fail(error: unknown): void
}

/** What a path of the control port does. */
export interface ControlVerb {
  /** The method that it takes; undefined for any, and then no body is read. */
  readonly method: 'GET' | 'POST' | 'DELETE' | undefined
  /** What its caller must be allowed to do; undefined for what everybody may see. */
  readonly scope: Scope | undefined
  /** Whether Accept decides on its answer; else that has one form. */
  readonly negotiates: boolean
  /** Whether a request with a method that has a body must say how long it is; else one that does not has none (RFC 9112 §6.3). */
  readonly needsLength: boolean
  /** Does it. What it throws is answered as by `reply.fail`. */
  run(body: Buffer, reply: ControlReply): void
}
