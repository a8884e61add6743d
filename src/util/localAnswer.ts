import type { RawHeaders } from './headers.ts'

/** A request to an origin inside this process, received whole. */
export interface LocalRequest {
  readonly method: string
  /** Path and query, percent-encoded. */
  readonly path: string
  /** Host with port, as the client asked for it. */
  readonly authority: string
  /** Without Host and framing. */
  readonly headers: RawHeaders
  readonly body: Buffer
}

/** Its answer; Content-Length is added. */
export interface LocalAnswer {
  readonly status: number
  readonly headers: RawHeaders
  readonly body: string | Buffer
}

/** An origin as a function. */
export type AnswerLocally = (request: LocalRequest) => LocalAnswer | Promise<LocalAnswer>

/** Makes an answer of plain text. */
export function plainAnswer(status: number, body: string, moreHeaders: RawHeaders = []): LocalAnswer {
  return { status, headers: ['Content-Type', 'text/plain', ...moreHeaders], body }
}
