import { passed, type RequestRow } from '../support/requestRow.ts'

/** RFC 9112 §9.3.2: several requests on one connection, each of which must end where it says. */
export const pipelineRows: readonly RequestRow[] = [
  passed('of two GETs', get('/a') + get('/b'), ['GET /a', 'GET /b']),
  passed(
    'of fifty GETs',
    Array.from({ length: 50 }, (_, n) => get(`/${n}`)).join(''),
    Array.from({ length: 50 }, (_, n) => `GET /${n}`),
  ),
  passed('with a body between', `${post('/a', 'abc')}${get('/b')}`, ['POST /a abc', 'GET /b']),
  passed('with an empty body between', `${post('/a', '')}${get('/b')}`, ['POST /a', 'GET /b']),
  passed(
    'with chunks between',
    `POST /a HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n${get('/b')}`,
    ['POST /a a', 'GET /b'],
  ),
  passed('with an empty line behind a body', `${post('/a', 'abc')}\r\n${get('/b')}`, [
    'POST /a abc',
    'GET /b',
  ]),
  passed('whose body looks like a request', `${post('/a', get('/inner'))}${get('/b')}`, [
    `POST /a ${get('/inner')}`,
    'GET /b',
  ]),
  passed('with a HEAD first', `HEAD /a HTTP/1.1\r\nHost: h.test\r\n\r\n${get('/b')}`, ['HEAD /a', 'GET /b']),
  passed('of two paths', get('/a') + get('/other/b'), ['GET /a', 'GET /other/b']),
]

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: h.test\r\n\r\n`
}

function post(target: string, body: string): string {
  return `POST ${target} HTTP/1.1\r\nHost: h.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
