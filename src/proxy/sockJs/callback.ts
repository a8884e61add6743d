import { decodePercent, JsonpQuery } from '../crossOrigin/jsonpQuery.ts'
import { CALLBACK_INVALID, CALLBACK_REQUIRED, type SockJsAnswer } from './answers.ts'

/** A target with what its query says of the page's function. */
export interface CallbackTarget {
  /** Undefined when none is named. */
  readonly callback: string | undefined
  /** The target without it. */
  readonly target: string
  /** Set when the callback cannot be one. */
  readonly fault: SockJsAnswer | undefined
}

/** It is code that we send to a page: a deviation from Pushpin, which takes any text. */
const CALLBACK = /^[A-Za-z0-9_.$-]{1,200}$/

/** Takes the callback, `callback` or `c`, out of a target's query. */
export function takeCallback(target: string): CallbackTarget {
  const query = new JsonpQuery(target)
  const long = query.take('callback')
  const text = long ?? query.take('c')
  if (text === undefined) return { callback: undefined, target, fault: undefined }
  const callback = decodePercent(text)?.toString('latin1') ?? ''
  const fault = callback === '' ? CALLBACK_REQUIRED : CALLBACK.test(callback) ? undefined : CALLBACK_INVALID
  return { callback, target: query.target, fault }
}
