import { HoldfastError } from '../../errors.ts'
import { type ControlAnswer, jsonAnswer } from '../controlAnswer.ts'
import type { ControlReply } from '../controlVerb.ts'

/** Answers what is wrong as `{"error": TEXT}`. */
export function errorAnswer(status: number, error: string, moreHeaders?: readonly string[]): ControlAnswer {
  return jsonAnswer(status, JSON.stringify({ error }), moreHeaders)
}

/** What may work again in a moment. */
const UNAVAILABLE: readonly string[] = ['BUS_UNAVAILABLE', 'WORKER_GONE']

/** Answers a call that failed. */
export function failCall(error: unknown, reply: ControlReply): void {
  if (error instanceof HoldfastError && error.code === 'ADMIN_REQUEST_INVALID') {
    reply.answer(errorAnswer(400, error.message))
  } else if (error instanceof HoldfastError && UNAVAILABLE.includes(error.code)) {
    reply.answer(errorAnswer(503, error.message))
  } else reply.fail(error)
}
