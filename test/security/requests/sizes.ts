import { passed, type RequestRow, refused } from '../support/requestRow.ts'

/** The defaults of `client_buffer_size`, `client_uri_size`, and the count of fields. */
const MAX_HEAD = 8192
const MAX_FIELDS = 64

/** RFC 9110 §5.4, RFC 9112 §3: a server says how much it takes; each limit from both sides. */
export const sizeRows: readonly RequestRow[] = [
  passed('of a head of exactly the limit', headOf(MAX_HEAD), 'GET /x'),
  refused('of a head of one byte more', headOf(MAX_HEAD + 1)),
  refused('of a head of twice as much', headOf(2 * MAX_HEAD)),
  refused('of a head of a megabyte', headOf(1_000_000)),
  passed('of as many fields as may be', fields(MAX_FIELDS), 'GET /x'),
  refused('of one field more', fields(MAX_FIELDS + 1)),
  refused('of a thousand fields', fields(1000)),
  refused('of ten thousand fields', fields(10_000)),
  refused('of a target of 100,000 bytes', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: h.test\r\n\r\n`),
  refused('of a name of 20,000 bytes', `GET /x HTTP/1.1\r\nHost: h.test\r\n${'x'.repeat(20_000)}: y\r\n\r\n`),
  refused(
    'of a value of 20,000 bytes',
    `GET /x HTTP/1.1\r\nHost: h.test\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
  ),
  // They are dropped as they come and cost no memory; the time for a head bounds them.
  passed(
    'of blanks before a value',
    `GET /x HTTP/1.1\r\nHost: h.test\r\nX:${' '.repeat(20_000)}y\r\n\r\n`,
    'GET /x',
  ),
]

function headOf(bytes: number): string {
  const rest = 'GET /x HTTP/1.1\r\nHost: h.test\r\nX: \r\n\r\n'
  return rest.replace('X: ', `X: ${'y'.repeat(bytes - rest.length)}`)
}

function fields(count: number): string {
  return `GET /x HTTP/1.1\r\nHost: h.test\r\n${'X: y\r\n'.repeat(count - 1)}\r\n`
}
