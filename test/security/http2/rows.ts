import type { Fields, Http2Message } from '../support/rawHttp2.ts'

/** A request in frames; what reaches the origin as `METHOD TARGET BODY`, or undefined when it is refused. */
export interface Http2Row {
  readonly name: string
  readonly message: Http2Message
  readonly reaches: string | undefined
  /** The origin gets none of the fields but those that we add. */
  readonly isBare?: boolean
}

const METHOD = [':method', 'GET'] as const
const SCHEME = [':scheme', 'https'] as const
const AUTHORITY = [':authority', 'h.test'] as const
const PATH = [':path', '/x'] as const
const PSEUDO: Fields = [METHOD, SCHEME, AUTHORITY, PATH]

/** What a field's value must not have, lest it become a line of its own where fields are lines. RFC 9113 §8.2.1. */
const BAD_VALUES: readonly string[] = [
  'a\r\nx: y',
  'a\nx: y',
  'a\rx: y',
  'a\0b',
  'a\r',
  'a\n',
  '\r\n',
  '\x01',
  'a\x7f',
  'a\x0bb',
  'a\x1b',
]

const BAD_NAMES: readonly string[] = [
  '',
  'a b',
  'a:b',
  'a\r\nb',
  'a\nb',
  'a\0',
  'a(',
  'a\x7f',
  '\xe9',
  'a\t',
  ' a',
  'a ',
  'transfer-encoding : chunked\r\nx',
]

const BAD_PATHS: readonly string[] = [
  '',
  'x',
  '*',
  '/a b',
  '/a\r\nb',
  '/a\nb',
  '/a\0',
  '/a#b',
  '/a\tb',
  '/a\x7f',
  '/\xe9',
  'https://a.test/x\r\n',
  '/ HTTP/1.1\r\nHost: a.test\r\n\r\nGET /y',
]

const BAD_METHODS: readonly string[] = [
  '',
  'G ET',
  'GET\r\n',
  'GET /y HTTP/1.1\r\nHost: a\r\n\r\nGET',
  'G\0',
  'G\xe9T',
  'GET ',
  ' GET',
  'CONNECT',
]

const BAD_AUTHORITIES: readonly string[] = [
  '',
  'u@h.test',
  'u:p@h.test',
  'h.test,a.test',
  'h.test a.test',
  'h.test/x',
  'h.test\r\nx: y',
  'h.test\n',
  'h.test\0',
  'h.test:99999',
  'h.test:x',
  '[::1',
  'h\xe9.test',
  'h.test\\',
  'h.test?',
  'h.test#',
  '"h"',
  'https://h.test',
]

/** RFC 9113 §8.2.2: fields of the connection, which HTTP/2 has its own frames for. */
const CONNECTION_FIELDS: Fields = [
  ['connection', 'close'],
  ['connection', 'keep-alive'],
  ['keep-alive', 'timeout=5'],
  ['proxy-connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['transfer-encoding', 'identity'],
  ['upgrade', 'websocket'],
  ['upgrade', 'h2c'],
  ['te', 'gzip'],
  ['te', 'trailers, chunked'],
]

const POST: Fields = [[':method', 'POST'], SCHEME, AUTHORITY, PATH]

/** RFC 9113 §8: what becomes of a request in HTTP/2, which origins get as HTTP/1.1. */
export const http2Rows: readonly Http2Row[] = [
  passed('of the simplest kind', PSEUDO, 'GET /x'),
  passed('with a field', withFields(['x', 'y']), 'GET /x'),
  passed('with TE: trailers', withFields(['te', 'trailers']), 'GET /x'),
  passed('with the Host that :authority says', withFields(['host', 'h.test']), 'GET /x'),
  passed('with cookies in crumbs', withFields(['cookie', 'a=b'], ['cookie', 'c=d']), 'GET /x'),
  passed('with Host in place of :authority', [METHOD, SCHEME, PATH, ['host', 'h.test']], 'GET /x'),
  { name: 'with a body', message: { fields: POST, body: ['ab', 'c'] }, reaches: 'POST /x abc' },
  {
    name: 'with a body and its length',
    message: { fields: [...POST, ['content-length', '3']], body: ['ab', 'c'] },
    reaches: 'POST /x abc',
  },
  { name: 'with an empty body', message: { fields: POST, body: [''] }, reaches: 'POST /x' },
  {
    name: 'with a body that looks like chunks',
    message: { fields: POST, body: ['0\r\n\r\nGET /y HTTP/1.1\r\n\r\n'] },
    reaches: 'POST /x 0\r\n\r\nGET /y HTTP/1.1\r\n\r\n',
  },
  {
    name: 'with trailers',
    message: { fields: POST, body: ['abc'], trailers: [['x', 'y']] },
    reaches: 'POST /x abc',
  },

  refused('with a name in capitals', withFields(['X', 'y'])),
  refused('with a capital in a name', withFields(['aB', 'y'])),
  ...BAD_VALUES.map((value) => dropped(`with the value ${JSON.stringify(value)}`, withFields(['x', value]))),
  ...BAD_NAMES.map((name) => dropped(`with the name ${JSON.stringify(name)}`, withFields([name, 'y']))),
  ...BAD_PATHS.map((path) =>
    refused(`with the path ${JSON.stringify(path)}`, [METHOD, SCHEME, AUTHORITY, [':path', path]]),
  ),
  ...BAD_METHODS.map((method) =>
    refused(`with the method ${JSON.stringify(method)}`, [[':method', method], SCHEME, AUTHORITY, PATH]),
  ),
  ...BAD_AUTHORITIES.map((authority) =>
    refused(`with the authority ${JSON.stringify(authority)}`, [
      METHOD,
      SCHEME,
      [':authority', authority],
      PATH,
    ]),
  ),
  ...BAD_AUTHORITIES.map((host) =>
    refused(`with the Host ${JSON.stringify(host)} alone`, [METHOD, SCHEME, PATH, ['host', host]]),
  ),
  ...CONNECTION_FIELDS.map(([name, value]) => refused(`with ${name}: ${value}`, withFields([name, value]))),

  refused('without a method', [SCHEME, AUTHORITY, PATH]),
  refused('without a scheme', [METHOD, AUTHORITY, PATH]),
  refused('without a path', [METHOD, SCHEME, AUTHORITY]),
  refused('without any host', [METHOD, SCHEME, PATH]),
  refused('without pseudo-fields', [['host', 'h.test']]),
  refused('with two methods', [METHOD, [':method', 'POST'], SCHEME, AUTHORITY, PATH]),
  refused('with two paths', [...PSEUDO, [':path', '/y']]),
  refused('with two authorities', [...PSEUDO, [':authority', 'a.test']]),
  refused('with two schemes', [...PSEUDO, [':scheme', 'http']]),
  refused('with a Host that :authority does not say', withFields(['host', 'a.test'])),
  refused('with two Hosts', withFields(['host', 'h.test'], ['host', 'a.test'])),
  refused('with a pseudo-field behind another field', [METHOD, SCHEME, AUTHORITY, ['x', 'y'], PATH]),
  refused('with a pseudo-field of answers', [...PSEUDO, [':status', '200']]),
  refused('with a pseudo-field that nobody knows', [...PSEUDO, [':x', 'y']]),
  refused('with a protocol and no CONNECT', [...PSEUDO, [':protocol', 'websocket']]),
  refused('with CONNECT to an authority', [[':method', 'CONNECT'], AUTHORITY]),

  refusedBody('whose body is longer than its length', [...POST, ['content-length', '2']], ['abc']),
  refusedBody('whose body is shorter than its length', [...POST, ['content-length', '4']], ['abc']),
  refusedBody(
    'whose length is 0 and whose body is not',
    [...POST, ['content-length', '0']],
    ['GET /y HTTP/1.1\r\n\r\n'],
  ),
  refused('that ends without the body that its length promises', [...POST, ['content-length', '4']]),
  ...['', '-3', '+3', '0x3', '3,3', 'x', '99999999999999999999'].map((length) =>
    refusedBody(`of the length ${JSON.stringify(length)}`, [...POST, ['content-length', length]], ['abc']),
  ),
  refusedBody('of two lengths', [...POST, ['content-length', '3'], ['content-length', '4']], ['abc']),
  refusedBody('of two equal lengths', [...POST, ['content-length', '3'], ['content-length', '3']], ['abc']),
  refusedBody(
    'with a coding',
    [...POST, ['transfer-encoding', 'chunked']],
    ['0\r\n\r\nGET /y HTTP/1.1\r\n\r\n'],
  ),
  {
    name: 'with a pseudo-field in its trailers',
    message: { fields: POST, body: ['abc'], trailers: [[':path', '/y']] },
    reaches: undefined,
  },
  {
    name: 'with a bad name in its trailers',
    message: { fields: POST, body: ['abc'], trailers: [['X', 'y']] },
    reaches: undefined,
  },
]

function withFields(...fields: readonly (readonly [string, string])[]): Fields {
  return [...PSEUDO, ...fields]
}

function passed(name: string, fields: Fields, reaches: string): Http2Row {
  return { name, message: { fields }, reaches }
}

/** nghttp2 drops such a field and lets the request pass. RFC 9113 §8.2.1 asks for more; what counts here is that nobody gets it. */
function dropped(name: string, fields: Fields): Http2Row {
  return { name, message: { fields }, reaches: 'GET /x', isBare: true }
}

function refused(name: string, fields: Fields): Http2Row {
  return { name, message: { fields }, reaches: undefined }
}

function refusedBody(name: string, fields: Fields, body: readonly string[]): Http2Row {
  return { name, message: { fields, body }, reaches: undefined }
}
