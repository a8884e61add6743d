import { describe, expect, test } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { parseRoute } from '../../src/route/parseRoute.ts'
import { createRoute } from '../../src/route/route.ts'

function errorOf(line: string): unknown {
  try {
    parseRoute(line)
  } catch (error) {
    return error
  }
  return undefined
}

describe('a line that is not usable', () => {
  test.each([
    ['localhost:3000', 'must specify condition and at least one target, as in "* localhost:3000"'],
    ['*,debug # host:80', 'must specify condition and at least one target, as in "* localhost:3000"'],
    ['*,proto=https a:1', "proto must be set to 'http' or 'ws': 'https'"],
    ['*,proto a:1', "proto must be set to 'http' or 'ws': ''"],
    ['*,ssl=true a:1', "ssl must be set to 'yes' or 'no': 'true'"],
    ['*,path_beg= a:1', 'path_beg cannot be empty'],
    ['*,path_beg a:1', 'path_beg cannot be empty'],
    ['*,jsonp_mode=x a:1', "jsonp_mode must be set to 'basic' or 'extended': 'x'"],
    ['*,header=x a:1', "header must use format 'name:value': 'x'"],
    ['*,as_host=http://a a:1', "as_host must be a host[:port]: 'http://a'"],
    ['*,as_host=bücher a:1', "as_host must be a host[:port]: 'bücher'"],
    ['* a:1,host="a b"', "host must be a host[:port]: 'a b'"],
    ['* a', "target bad format: 'a'"],
    ['* ssl=yes', "target bad format: ''"],
    ['* :80', "target bad format: ':80'"],
    ['* []:80', "target bad format: '[]:80'"],
    ['* [::1]', "target bad format: '[::1]'"],
    ['* [::1', "target bad format: '[::1'"],
    ['* "a b:80"', "target bad format: 'a b:80'"],
    ['* a:', "target invalid port: ''"],
    ['* a:0', "target invalid port: '0'"],
    ['* a:65536', "target invalid port: '65536'"],
    ['* a:+80', "target invalid port: '+80'"],
    ['* a:b:80', "target invalid port: 'b:80'"],
    ['* http://a:80', "target invalid port: 'http://a:80'; write HOST:PORT without http://"],
    ['* https://a', "target invalid port: 'https://a'; write HOST:PORT,ssl without https://"],
    [
      '* zhttp/tcp://a:1',
      "target not supported: 'zhttp/tcp://a:1' (holdfast reaches origins by HTTP only, not by ZHTTP)",
    ],
    [
      '* zhttpreq/ipc://a',
      "target not supported: 'zhttpreq/ipc://a' (holdfast reaches origins by HTTP only, not by ZHTTP)",
    ],
    ['* a:1 b', "target bad format: 'b'"],
    ['*,no_grip test', "no_grip needs targets of the form 'host:port': 'test' answers in this process"],
    ['*,no_grip a:1 test', "no_grip needs targets of the form 'host:port': 'test' answers in this process"],
  ])('%j is refused: %s', (line, message) => {
    expect(errorOf(line)).toBeInstanceOf(HoldfastError)
    expect(errorOf(line)).toMatchObject({ code: 'ROUTE_INVALID', message })
  })
})

describe('a line that is doubtful', () => {
  test.each([
    ['*,foo=1,foo=2 a:1', "unknown property 'foo' is ignored"],
    ['* a:1,bar', "unknown property 'bar' is ignored"],
    ['*,over_http a:1', "unknown property 'over_http' is ignored"],
    ['*,path_rem=x a:1', "'path_rem=x' is ignored: not a whole number"],
    ['*,log_level= a:1', "'log_level=' is ignored: not a whole number"],
    ['* a:1,ipc_file_mode=9', "'ipc_file_mode=9' is ignored: not an octal number"],
  ])('%j loads with a warning: %s', (line, warning) => {
    expect(parseRoute(line)?.warnings).toEqual([warning])
    expect(parseRoute(line)?.route.targets).toHaveLength(1)
  })

  test('has the warnings of all its sections', () => {
    expect(parseRoute('*,x a:1,y b:1,z')?.warnings).toHaveLength(3)
  })
})

describe('a line without a route', () => {
  test.each(['', '   ', '# comment'])('%j gives none', (line) => {
    expect(parseRoute(line)).toBeUndefined()
  })
})

describe('a route made by a program', () => {
  test('needs a target', () => {
    expect(() => createRoute({ targets: [] })).toThrow('must specify condition and at least one target')
  })
})
