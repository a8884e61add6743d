import { HoldfastError } from '../../src/errors.ts'
import { type Instruct, parseInstruct } from '../../src/grip/instruct.ts'
import type { ResponseHead } from '../../src/util/headers.ts'

/** A response head with these headers: name, value, name, value. */
export function head(headers: string[], status = 200, reason = 'OK'): ResponseHead {
  return { status, reason, headers }
}

/** The instructions of a response with these headers. */
export function instruct(headers: string[], body = ''): Instruct {
  return parseInstruct(head(headers), Buffer.from(body))
}

/** The instructions of an application/grip-instruct response. */
export function jsonInstruct(value: unknown, headers: string[] = []): Instruct {
  const body = typeof value === 'string' ? value : JSON.stringify(value)
  return instruct(['Content-Type', 'application/grip-instruct', ...headers], body)
}

/** Code and text of the HoldfastError that the call throws, as `CODE: text`; anything else is thrown on. */
export function faultOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof HoldfastError) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('nothing was thrown')
}
