import { passed, type RequestRow, refused } from '../support/requestRow.ts'

/** Bytes that no field name may have: RFC 9110 §5.1, a token. */
const NO_NAME_BYTES = [...'\0\x01\t\x0b\x0c\r\x1b "(),/;<=>?@[\\]{}\x7f\x80\xa0\xff']

/** Bytes that no field value may have: RFC 9110 §5.5. */
const NO_VALUE_BYTES = [...'\0\x01\x07\x08\x0b\x0c\x0e\x1b\x1f\x7f']

/** RFC 9112 §5: name, colon, value, CRLF; nothing is folded. */
export const fieldRows: readonly RequestRow[] = [
  passed('with an empty value', get('X:'), 'GET /x'),
  passed('with blanks for a value', get('X: \t '), 'GET /x'),
  passed('without a blank behind the colon', get('X:y'), 'GET /x'),
  passed('with a colon in its value', get('X: a:b: c'), 'GET /x'),
  passed('with every kind of letter in its name', get("!#$%&'*+-.^_`|~09azAZ: y"), 'GET /x'),
  passed('with Latin-1 in its value', get('X: caf\xe9'), 'GET /x'),
  passed('with a tab in its value', get('X: a\tb'), 'GET /x'),
  passed('that comes twice', get('X: a\r\nX: b'), 'GET /x'),
  passed('with quotes that do not close', get('X: "a'), 'GET /x'),
  refused('without a colon', get('X')),
  refused('without a name', get(': y')),
  refused('of a colon alone', get(':')),
  refused('with a blank before its colon', get('X : y')),
  refused('with a tab before its colon', get('X\t: y')),
  refused('with a blank before its name', get(' X: y')),
  refused('that is the first and begins with a blank', 'GET /x HTTP/1.1\r\n X: y\r\nHost: h.test\r\n\r\n'),
  refused('that is the first and begins with a tab', 'GET /x HTTP/1.1\r\n\tX: y\r\nHost: h.test\r\n\r\n'),
  refused('that is folded by a blank', get('X: a\r\n b')),
  refused('that is folded by a tab', get('X: a\r\n\tb')),
  refused('that is folded before its value', get('X:\r\n a')),
  refused('that is folded to nothing', get('X: a\r\n ')),
  refused('that is folded twice', get('X: a\r\n b\r\n c')),
  refused('that is folded before its colon', get('X\r\n : a')),
  refused('that is folded at the end of the head', 'GET /x HTTP/1.1\r\nHost: h.test\r\nX: a\r\n \r\n\r\n'),
  refused('ended by LF alone', 'GET /x HTTP/1.1\r\nHost: h.test\r\nX: y\nY: z\r\n\r\n'),
  refused('ended by CR alone', 'GET /x HTTP/1.1\r\nHost: h.test\r\nX: y\rY: z\r\n\r\n'),
  refused('ended by CR CR LF', 'GET /x HTTP/1.1\r\nHost: h.test\r\nX: y\r\r\nY: z\r\n\r\n'),
  refused('ended by LF CR', 'GET /x HTTP/1.1\r\nHost: h.test\r\nX: y\n\rY: z\r\n\r\n'),
  refused('before a head that ends with LF LF', 'GET /x HTTP/1.1\r\nHost: h.test\n\n'),
  refused('before a head that ends with CRLF LF', 'GET /x HTTP/1.1\r\nHost: h.test\r\n\n'),
  refused('before a head that ends with LF CRLF', 'GET /x HTTP/1.1\r\nHost: h.test\n\r\n'),
  refused('before a head that ends with CR CR', 'GET /x HTTP/1.1\r\nHost: h.test\r\r'),
  refused('before a head that ends with CRLF CR CR LF', 'GET /x HTTP/1.1\r\nHost: h.test\r\n\r\r\n'),
  ...NO_NAME_BYTES.map((byte) => refused(`with ${JSON.stringify(byte)} in its name`, get(`X${byte}Y: z`))),
  ...NO_NAME_BYTES.map((byte) =>
    refused(`with ${JSON.stringify(byte)} before its name`, get(`${byte}XY: z`)),
  ),
  ...NO_VALUE_BYTES.map((byte) => refused(`with ${JSON.stringify(byte)} in its value`, get(`X: y${byte}z`))),
  ...NO_VALUE_BYTES.map((byte) =>
    refused(`with ${JSON.stringify(byte)} before its value`, get(`X: ${byte}z`)),
  ),
  ...NO_VALUE_BYTES.map((byte) =>
    refused(`with ${JSON.stringify(byte)} behind its value`, get(`X: y${byte}`)),
  ),
  // RFC 9110 §10.1.1: 417 may be the answer to what is not known; it is ignored, as Pushpin does.
  passed('Expect that nobody knows', get('Expect: something'), 'GET /x'),
  passed('Upgrade that nobody knows', get('Connection: Upgrade\r\nUpgrade: foo'), 'GET /x'),
  passed(
    'Upgrade to h2c, which is not done',
    get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk'),
    'GET /x',
  ),
  refused(
    'Upgrade to WebSocket without a key',
    get('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'),
  ),
  refused('Upgrade to WebSocket of another version', get(handshake('dGhlIHNhbXBsZSBub25jZQ==', '8'))),
  refused(
    'Upgrade to WebSocket with a body',
    `POST /x HTTP/1.1\r\nHost: h.test\r\n${handshake('dGhlIHNhbXBsZSBub25jZQ==', '13')}\r\nContent-Length: 3\r\n\r\nabc`,
  ),
]

function handshake(key: string, version: string): string {
  return `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: ${key}`
}

function get(field: string): string {
  return `GET /x HTTP/1.1\r\nHost: h.test\r\n${field}\r\n\r\n`
}
