/** What a client sees of an origin's answer. */
export type Seen =
  /** A whole answer with that status and body. */
  | { readonly kind: 'whole'; readonly status: number; readonly body: string }
  /** 502, or a transfer that breaks: never something that looks complete. */
  | { readonly kind: 'broken' }
  /** Either, but nothing that the origin must not say. */
  | { readonly kind: 'clean' }

/** What an origin sends, as latin1 text, before it ends the connection. */
export interface ResponseRow {
  readonly name: string
  readonly bytes: string
  readonly expects: Seen
  /** The connection ends in a reset. */
  readonly resets?: boolean
}

/** RFC 9112 §4 to §8: how an answer is framed, and how a client must be told that it was not. */
export const responseRows: readonly ResponseRow[] = [
  whole('by Content-Length', ok('Content-Length: 3', 'abc'), 'abc'),
  whole('by chunks', ok('Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'), 'abc'),
  whole(
    'by chunks with extensions and trailers',
    ok('Transfer-Encoding: chunked', '3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n'),
    'abc',
  ),
  whole('by its end', ok('X: y', 'abc'), 'abc'),
  whole('by its end, with nothing in it', ok('X: y', ''), ''),
  whole(
    'behind fifty 103s',
    `${'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(50)}${ok('Content-Length: 3', 'abc')}`,
    'abc',
  ),
  whole('with bytes behind it', ok('Content-Length: 3', 'abcdef'), 'abc'),
  whole(
    'with a second answer behind it',
    `${ok('Content-Length: 3', 'abc')}${ok('Content-Length: 3', 'xyz')}`,
    'abc',
  ),
  whole('of a coding that says nothing', ok('Transfer-Encoding: identity', 'abc'), 'abc'),
  whole('of a later version', 'HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc', 'abc'),
  whole('with Latin-1 in a field', ok('X: caf\xe9\r\nContent-Length: 3', 'abc'), 'abc'),

  {
    name: 'with a NUL in its reason',
    bytes: ok('Content-Length: 3', 'abc').replace('OK', 'O\0K'),
    expects: { kind: 'clean' },
  },
  {
    name: 'with Latin-1 in its reason',
    bytes: ok('Content-Length: 3', 'abc').replace('OK', '\xd6K\xff'),
    expects: { kind: 'clean' },
  },

  broken('of nothing', ''),
  broken('of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'),
  broken('of HTML alone', '<html>abc</html>'),
  broken('of HTTP/2', '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80'),
  broken('of HTTP/0.9', 'abc'),
  broken('of half a status line', 'HTTP/1.1 2'),
  broken('of half a head', 'HTTP/1.1 200 OK\r\nContent-Len'),
  broken('of half a head, reset', 'HTTP/1.1 200 OK\r\nContent-Len', { resets: true }),
  broken('of a 100 alone', 'HTTP/1.1 100 Continue\r\n\r\n'),
  broken('of 103s alone', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(200)),
  broken(
    'of 101 without Upgrade, with an answer behind it',
    `HTTP/1.1 101 X\r\n\r\n${ok('Content-Length: 3', 'abc')}`,
  ),
  broken('of 101 without Upgrade alone', 'HTTP/1.1 101 X\r\n\r\n'),
  broken(
    'of 101 that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nabc',
  ),
  ...[
    'HTTP/1.2 200 OK',
    'HTTP/1 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 abc OK',
    'HTTP/1.1 -200 OK',
    'HTTP/1.1 099 X',
    'HTTP/1.1 000 X',
    ' HTTP/1.1 200 OK',
    'HTTP/1.1\t200 OK',
    '200 OK',
    'HTTP/1.1',
    'HTTP/1.1 200 O\rK',
  ].map((line) =>
    broken(`of the status line ${JSON.stringify(line)}`, `${line}\r\nContent-Length: 3\r\n\r\nabc`),
  ),
  ...[
    'X: a\0b',
    'X: a\rb',
    'X: a\rSet-Cookie: s=1',
    'X: \x01',
    'X: a\x7f',
    'X: a\x0bb',
    'X\0: a',
    'X : a',
    'X a',
    ': a',
    ' X: a',
    'X(: a',
    'X\x80: a',
    'X: a\r\n folded',
    'X: a\r\n\tfolded',
  ].map((field) =>
    broken(`with the field ${JSON.stringify(field)}`, ok(`${field}\r\nContent-Length: 3`, 'abc')),
  ),

  broken('of two lengths', ok('Content-Length: 3\r\nContent-Length: 4', 'abcd')),
  broken('of two lengths, the longer first', ok('Content-Length: 4\r\nContent-Length: 3', 'abcd')),
  broken('of two equal lengths', ok('Content-Length: 3\r\nContent-Length: 3', 'abc')),
  broken(
    'of a length and a coding',
    ok('Content-Length: 3\r\nTransfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'),
  ),
  broken(
    'of a coding and a length',
    ok('Transfer-Encoding: chunked\r\nContent-Length: 3', '3\r\nabc\r\n0\r\n\r\n'),
  ),
  ...['', '+3', '-3', '3,3', '3, 3', '0x3', '3x', '3.0', '99999999999999999999', '18446744073709551619'].map(
    (length) => broken(`of the length ${JSON.stringify(length)}`, ok(`Content-Length: ${length}`, 'abc')),
  ),
  ...['gzip', 'chunked, gzip', 'chunked, chunked', 'xchunked', '', 'chunked\x0b'].map((coding) =>
    broken(
      `of the coding ${JSON.stringify(coding)}`,
      ok(`Transfer-Encoding: ${coding}`, '3\r\nabc\r\n0\r\n\r\n'),
    ),
  ),

  broken('whose body is too short', ok('Content-Length: 9', 'abc')),
  broken('whose body is too short, reset', ok('Content-Length: 9', 'abc'), { resets: true }),
  broken('whose body is missing', ok('Content-Length: 9', '')),
  broken('whose last chunk is missing', ok('Transfer-Encoding: chunked', '3\r\nabc\r\n')),
  broken('whose last chunk is missing, reset', ok('Transfer-Encoding: chunked', '3\r\nabc\r\n'), {
    resets: true,
  }),
  broken('whose last line is missing', ok('Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n')),
  broken('whose chunk is cut', ok('Transfer-Encoding: chunked', '9\r\nabc')),
  broken('whose chunks are missing', ok('Transfer-Encoding: chunked', '')),
  broken('whose end is a reset', ok('X: y', 'abc'), { resets: true }),
  ...['g', '-3', '+3', '0x3', '', ' 3', '3 3', '3\0', 'ffffffffffffffffff3'].map((size) =>
    broken(
      `of the chunk size ${JSON.stringify(size)}`,
      ok('Transfer-Encoding: chunked', `${size}\r\nabc\r\n0\r\n\r\n`),
    ),
  ),
  broken('whose chunk has no line end', ok('Transfer-Encoding: chunked', '3\r\nabcd0\r\n\r\n')),
  broken('whose chunk ends with LF', ok('Transfer-Encoding: chunked', '3\r\nabc\n0\r\n\r\n')),
  broken('whose chunk size ends with LF', ok('Transfer-Encoding: chunked', '3\nabc\r\n0\r\n\r\n')),
  broken('of a head of a megabyte', ok(`X: ${'y'.repeat(1_000_000)}\r\nContent-Length: 3`, 'abc')),
  broken(
    'of a field a thousand times a hundred',
    ok(`${'X: y\r\n'.repeat(100_000)}Content-Length: 3`, 'abc'),
  ),
]

function ok(fields: string, body: string): string {
  return `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${body}`
}

function whole(name: string, bytes: string, body: string): ResponseRow {
  return { name, bytes, expects: { kind: 'whole', status: 200, body } }
}

function broken(name: string, bytes: string, more: { resets?: boolean } = {}): ResponseRow {
  return { name, bytes, expects: { kind: 'broken' }, ...more }
}
