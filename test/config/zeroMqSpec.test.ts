import { describe, expect, it } from 'vitest'
import { plainValue } from '../../src/config/rawValue.ts'
import { isLocalSpec, offsetSpec, zeroMqSpec, zeroMqSpecs } from '../../src/config/zeroMqSpec.ts'
import { loadConf } from './support.ts'

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

describe('the specs of [handler]', () => {
  const handler = (lines: string) => loadConf(`[handler]\n${lines}\n`).config.handler

  it('have variables and the port offset applied', () => {
    const global = '[global]\nrundir=/run/p\nipc_prefix=a-\nport_offset=20\n'
    const { config } = loadConf(
      `${global}[handler]\npush_in_spec=tcp://127.0.0.1:5560\npush_in_sub_specs=tcp://*:5562,tcp://[::1]:5562\n` +
        'command_spec=ipc://{rundir}/{ipc_prefix}command\n',
    )
    expect(config.handler).toMatchObject({
      pullSpec: 'tcp://127.0.0.1:5580',
      subSpecs: ['tcp://*:5582', 'tcp://[::1]:5562'],
      commandSpec: 'ipc:///run/p/a-command',
    })
  })

  it('of the SUB socket come in two spellings', () => {
    expect(handler('push_in_sub_spec=ipc://c\npush_in_sub_specs=ipc://a,ipc://b').subSpecs).toEqual([
      'ipc://a',
      'ipc://b',
      'ipc://c',
    ])
  })

  it('are faults with a port offset that leads nowhere', () => {
    expect(() => loadConf('[global]\nport_offset=6000\n[handler]\npush_in_spec=tcp://*:60000\n')).toThrow(
      'push_in_spec in [handler]: expected a port that is with the port offset no larger than 65535',
    )
  })

  it('may name a file mode', () => {
    expect(handler('ipc_file_mode=770').ipcFileMode).toBe(0o770)
    expect(handler('').ipcFileMode).toBeUndefined()
    expect(() => handler('ipc_file_mode=999')).toThrow('expected octal digits, such as 770, found "999"')
  })
})
