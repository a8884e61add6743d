import { describe, expect, test } from 'vitest'
import { describeRoute } from '../../src/route/describeRoute.ts'
import { routeOf } from '../support/routeOf.ts'

describe('a route in words', () => {
  test.each([
    ['* localhost:80', 'Requests for any host without rules of its own go to localhost:80.'],
    [
      'a.com,proto=http,ssl=yes,path_beg=/x a:1 b:2',
      'HTTP requests over TLS for a.com whose path begins with /x go to a:1, else to b:2.',
    ],
    [
      '* unix:/run/a.sock,ssl,host=h b:2',
      'Requests for any host without rules of its own go to unix:/run/a.sock (TLS, as host h), else to b:2.',
    ],
    [
      '*.a.com,proto=ws,ssl=no test',
      'WebSocket connections without TLS for hosts below a.com go to the built-in test origin.',
    ],
    [
      ',id=x [::1]:1,ssl,insecure,over_http,untrusted,host=h,sub=c,sub=d',
      "Requests that name the route 'x' go to [::1]:1 (TLS with any certificate, WebSockets as HTTP requests, " +
        'public addresses only, as host h, holds get c, d).',
    ],
    [
      '*,path_beg=/x,replace_beg=/y,as_host=h,prefix=p-,header=A:1,header=B:2,no_grip,debug a:1,ssl',
      'Requests for any host without rules of its own whose path begins with /x go to a:1 (TLS); the first 2 ' +
        'characters of the path are cut off; the path gets /y in front; the host becomes h; channel names get the ' +
        'prefix p-; headers set: A, B; without GRIP; errors are explained to the client.',
    ],
  ])('%s', (line, sentence) => {
    expect(describeRoute(routeOf(line))).toBe(sentence)
  })

  test('shows no key and no header value', () => {
    expect(describeRoute(routeOf('*,sig_key=s3cret,header=Authorization:s3cret a:1'))).not.toContain('s3cret')
  })
})
