import { passed, type RequestRow, refused } from '../support/requestRow.ts'

/** RFC 9112 §3: method, one space, target, one space, version, CRLF. */
export const requestLineRows: readonly RequestRow[] = [
  passed('of the simplest kind', line('GET /x HTTP/1.1'), 'GET /x'),
  // RFC 9112 §2.2: a server should ignore an empty line before it.
  passed('after an empty line', `\r\n${line('GET /x HTTP/1.1')}`, 'GET /x'),
  passed('after two empty lines', `\r\n\r\n${line('GET /x HTTP/1.1')}`, 'GET /x'),
  // RFC 9112 §3 lets a server split the line at runs of spaces; the origin gets one.
  passed('with two spaces behind the method', line('GET  /x HTTP/1.1'), 'GET /x'),
  passed('with two spaces before the version', line('GET /x  HTTP/1.1'), 'GET /x'),
  // The parser knows RTSP and Icecast and does not tell; what reaches the origin is HTTP/1.1.
  passed('of RTSP', 'DESCRIBE /x RTSP/1.0\r\nHost: h.test\r\nConnection: keep-alive\r\n\r\n', 'DESCRIBE /x'),
  passed('of Icecast', 'SOURCE /x ICE/1.0\r\nHost: h.test\r\nConnection: keep-alive\r\n\r\n', 'SOURCE /x'),
  refused('after a space', ` ${line('GET /x HTTP/1.1')}`),
  refused('after a tab', `\t${line('GET /x HTTP/1.1')}`),
  refused('after an empty line and a space', `\r\n ${line('GET /x HTTP/1.1')}`),
  refused('after a NUL', `\0${line('GET /x HTTP/1.1')}`),
  refused('after a byte order mark', `\xef\xbb\xbf${line('GET /x HTTP/1.1')}`),
  refused('with a tab behind the method', line('GET\t/x HTTP/1.1')),
  refused('with a tab before the version', line('GET /x\tHTTP/1.1')),
  refused('with a space at the end', line('GET /x HTTP/1.1 ')),
  refused('with a tab at the end', line('GET /x HTTP/1.1\t')),
  refused('with a word too many', line('GET /x y HTTP/1.1')),
  refused('with a second version', line('GET /x HTTP/1.1 HTTP/1.1')),
  refused('ended by LF alone', 'GET /x HTTP/1.1\nHost: h.test\r\n\r\n'),
  refused('ended by CR alone', 'GET /x HTTP/1.1\rHost: h.test\r\n\r\n'),
  refused('ended by CR CR LF', 'GET /x HTTP/1.1\r\r\nHost: h.test\r\n\r\n'),
  refused('folded', 'GET /x\r\n HTTP/1.1\r\nHost: h.test\r\n\r\n'),
  refused('without a target', line('GET HTTP/1.1')),
  refused('without a target, with its spaces', line('GET  HTTP/1.1')),
  refused('without a version', line('GET /x')),
  refused('without a version, with its space', line('GET /x ')),
  refused('of a method alone', line('GET')),
  refused('of a version alone', line('HTTP/1.1')),
  refused('of an answer', line('HTTP/1.1 200 OK')),
  refused('of the start of TLS', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n`),
  refused('of the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('of PROXY protocol', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${line('GET /x HTTP/1.1')}`),
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'MKCOL', 'LOCK', 'PURGE'].map(
    (method) =>
      passed(
        `of ${method}`,
        `${method} /x HTTP/1.1\r\nHost: h.test\r\nContent-Length: 0\r\n\r\n`,
        `${method} /x`,
      ),
  ),
  passed('of HEAD', line('HEAD /x HTTP/1.1'), 'HEAD /x'),
  ...[
    'get',
    'Get',
    'GETS',
    'G',
    'G ET',
    'GE\tT',
    'GET\0',
    'G\x00ET',
    'GET:',
    'GET/',
    '"GET"',
    'G\xc9T',
    '(GET)',
    'G,T',
    'FOO',
  ].map((method) => refused(`of the method ${JSON.stringify(method)}`, line(`${method} /x HTTP/1.1`))),
  refused('of a method of 10,000 letters', line(`${'A'.repeat(10_000)} /x HTTP/1.1`)),
  ...['HTTP/1.2', 'HTTP/1.9', 'HTTP/2.0', 'HTTP/2', 'HTTP/3.0', 'HTTP/0.9', 'HTTP/9.9'].map((version) =>
    refused(`of the version ${version}`, line(`GET /x ${version}`), version === 'HTTP/0.9' ? 400 : 505),
  ),
  ...[
    'HTTP/1',
    'HTTP/1.',
    'HTTP/.1',
    'HTTP/11',
    'HTTP/01.1',
    'HTTP/1,1',
    'HTTP/ 1.1',
    'HTTP/+1.1',
    'HTTP/-1.1',
    'HTTP/1.-1',
    'HTTP/x.y',
  ].map((version) => refused(`of the version ${JSON.stringify(version)}`, line(`GET /x ${version}`), 505)),
  // A version that we serve, with something behind it.
  ...['HTTP/1.10', 'HTTP/1.01', 'HTTP/1.1x', 'HTTP/1.1\0', 'HTTP/1.1\x0b'].map((version) =>
    refused(`of the version ${JSON.stringify(version)}`, line(`GET /x ${version}`)),
  ),
  ...[
    'http/1.1',
    'Http/1.1',
    'HTTP /1.1',
    'HTTP1.1',
    'HTP/1.1',
    'HTTPS/1.1',
    'ICE/1.0',
    'HTTP\\1.1',
    '\xc8TTP/1.1',
  ].map((version) => refused(`of the version ${JSON.stringify(version)}`, line(`GET /x ${version}`))),
]

function line(text: string): string {
  return `${text}\r\nHost: h.test\r\n\r\n`
}
