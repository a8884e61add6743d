import { describe, expect, it } from 'vitest'
import { plainValue } from '../../src/config/rawValue.ts'
import { isLocalSpec, offsetSpec, zeroMqSpec, zeroMqSpecs } from '../../src/config/zeroMqSpec.ts'

const context = { directory: '/', readFile: () => '' }
const parse = (text: string) => zeroMqSpec.parse(plainValue(text), context)

describe('a ZeroMQ spec', () => {
  it.each([
    'tcp://127.0.0.1:5560',
    'tcp://*:5560',
    'tcp://*:*',
    'tcp://[::1]:5560',
    'tcp://eth0:5560',
    'tcp://broker.example.com:5560',
    'ipc:///run/pushpin-in',
    'ipc://run/pushpin-in',
    'ipc://@abstract',
  ])('may be %s', (spec) => {
    expect(parse(spec)).toBe(spec)
  })

  it('is none when it is empty', () => {
    expect(parse('')).toBeUndefined()
  })

  it.each([
    '127.0.0.1:5560',
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:65536',
    'tcp://:5560',
    'tcp://::1:5560',
    'tcp://a b:5560',
    'tcp://a:5560/x',
    'ipc://',
    'inproc://x',
    'udp://127.0.0.1:1',
  ])('cannot be %s', (spec) => {
    expect(() => parse(spec)).toThrow(`expected \`tcp://HOST:PORT\` or \`ipc://PATH\`, found "${spec}"`)
  })

  it('may be one of a list', () => {
    const list = plainValue('tcp://127.0.0.1:1, ipc://x')
    expect(zeroMqSpecs.parse(list, context)).toEqual(['tcp://127.0.0.1:1', 'ipc://x'])
    expect(() => zeroMqSpecs.parse(plainValue('ipc://x,5560'), context)).toThrow('found "5560"')
  })

  it.each([
    ['tcp://127.0.0.1:5560', 'tcp://127.0.0.1:5580'],
    ['tcp://*:5560', 'tcp://*:5580'],
    ['tcp://*:*', 'tcp://*:*'],
    ['tcp://[::1]:5560', 'tcp://[::1]:5560'],
    ['ipc://run/x', 'ipc://run/x'],
  ])('%s is with a port offset of 20 %s', (spec, moved) => {
    expect(offsetSpec(spec, 20)).toBe(moved)
  })

  it('has no port above 65535 because of the offset', () => {
    expect(() => offsetSpec('tcp://*:65530', 10)).toThrow('found "tcp://*:65530"')
  })

  it.each([
    ['tcp://127.0.0.1:1', true],
    ['tcp://localhost:1', true],
    ['tcp://[::1]:1', true],
    ['ipc://x', true],
    ['tcp://*:1', false],
    ['tcp://0.0.0.0:1', false],
    ['tcp://eth0:1', false],
    ['tcp://[::]:1', false],
  ])('%s is for this machine only: %s', (spec, isLocal) => {
    expect(isLocalSpec(spec)).toBe(isLocal)
  })
})
