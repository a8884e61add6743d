import { expect } from 'vitest'
import { ResponseReader } from '../../support/httpResponse.ts'
import { connect } from '../../support/rawClient.ts'
import type { RecordingOrigin } from './recordingOrigin.ts'

/** What becomes of the bytes that a client sends. */
export type Expectation =
  /** One answer of that status, the end of the connection, and nothing at the origin. */
  | { readonly kind: 'refused'; readonly status: number }
  /** These requests at the origin, as `METHOD TARGET BODY`, and an answer to each. */
  | { readonly kind: 'passed'; readonly reaches: readonly string[]; readonly host?: string }
  /** The head is good and the body is not: an error or a broken connection, and no whole request at the origin. */
  | { readonly kind: 'brokenBody' }
  /** Answered by us with that status; the connection goes on. */
  | { readonly kind: 'answered'; readonly status: number }
  /** Not a whole request: nothing at the origin when the client leaves, and at most a 400. */
  | { readonly kind: 'unfinished' }

/** Bytes that a client sends on a new connection, as latin1 text, and what becomes of them. */
export interface RequestRow {
  readonly name: string
  readonly bytes: string
  readonly expects: Expectation
}

/** What is sent behind each row: it reaches the origin only where the row's own requests ended where they seemed to. */
const NEXT = 'GET /next HTTP/1.1\r\nHost: next.test\r\nConnection: close\r\n\r\n'

/** Returns a row that is refused. */
export function refused(name: string, bytes: string, status = 400): RequestRow {
  return { name, bytes, expects: { kind: 'refused', status } }
}

/** Returns a row whose requests reach the origin as told; one row may be several requests. */
export function passed(
  name: string,
  bytes: string,
  reaches: string | readonly string[],
  host?: string,
): RequestRow {
  const list = typeof reaches === 'string' ? [reaches] : reaches
  return { name, bytes, expects: { kind: 'passed', reaches: list, ...(host === undefined ? {} : { host }) } }
}

/** Returns a row whose body breaks off the request. */
export function brokenBody(name: string, bytes: string): RequestRow {
  return { name, bytes, expects: { kind: 'brokenBody' } }
}

/** Returns a row that no origin is asked for. */
export function answered(name: string, bytes: string, status: number): RequestRow {
  return { name, bytes, expects: { kind: 'answered', status } }
}

/** Returns a row that says that more of it comes. */
export function unfinished(name: string, bytes: string): RequestRow {
  return { name, bytes, expects: { kind: 'unfinished' } }
}

/** Sends the row's bytes and compares what comes back and what reaches the origin. */
export async function checkRow(
  row: RequestRow,
  { port, origin }: { port: number; origin: RecordingOrigin },
): Promise<void> {
  const client = await connect(port)
  try {
    client.send(Buffer.from(row.bytes + NEXT, 'latin1'))
    if (row.expects.kind === 'unfinished') client.socket.end()
    await client.closed()
    const seen = origin.take()
    expect(seen.faults, 'what the origin could not read').toEqual([])
    const statuses = readStatuses(await client.until(() => true), row.bytes)
    const reached = seen.requests.map(describe)
    compare(row.expects, { statuses, reached })
    if (row.expects.kind === 'passed' && row.expects.host !== undefined)
      expect(seen.requests[0]?.host).toBe(row.expects.host)
  } finally {
    client.destroy()
  }
}

function compare(
  expects: Expectation,
  { statuses, reached }: { statuses: number[]; reached: string[] },
): void {
  switch (expects.kind) {
    case 'refused':
      expect({ statuses, reached }).toEqual({ statuses: [expects.status], reached: [] })
      break
    case 'passed':
      expect({ reached, statuses }).toEqual({
        reached: [...expects.reaches, 'GET /next'],
        statuses: [...expects.reaches.map(() => 200), 200],
      })
      break
    case 'unfinished':
      expect(reached).toEqual([])
      expect(statuses.filter((status) => status !== 400)).toEqual([])
      break
    case 'answered':
      expect({ statuses, reached }).toEqual({ statuses: [expects.status, 200], reached: ['GET /next'] })
      break
    case 'brokenBody':
      expect(reached).toEqual([])
      expect(statuses.filter((status) => status < 400)).toEqual([])
      break
  }
}

function describe({ method, target, body }: { method: string; target: string; body: string }): string {
  return body === '' ? `${method} ${target}` : `${method} ${target} ${body}`
}

function readStatuses(answers: string, request: string): number[] {
  const statuses: number[] = []
  let rest: Buffer = Buffer.from(answers, 'latin1')
  while (rest.length > 0) {
    const reader = new ResponseReader(statuses.length === 0 && request.startsWith('HEAD') ? 'HEAD' : 'GET')
    reader.feed(rest)
    reader.end()
    const { status, complete } = reader.result()
    if (!complete) throw new Error(`half an answer: ${answers}`)
    statuses.push(status)
    rest = reader.rest
  }
  return statuses
}
