import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { faultsOf, load, loadConf } from './support.ts'

/** One option's value from a line of its section. */
function fromFile(section: 'runner' | 'proxy' | 'handler', line: string): Record<string, unknown> {
  return loadConf(`[${section}]\n${line}\n`).config[section] as unknown as Record<string, unknown>
}

function faultOf(section: string, line: string): string {
  const faults = faultsOf(() => loadConf(`[${section}]\n${line}\n`))
  expect(faults).toHaveLength(1)
  return faults[0]!
}

describe('booleans', () => {
  it.each(['', '0', 'false', 'FALSE'])('%j is false, as in Pushpin', (text) => {
    expect(fromFile('proxy', `debug=${text}`)['debug']).toBe(false)
  })

  it.each(['true', '1', 'yes', 'no', 'off'])('%j is true, as in Pushpin', (text) => {
    expect(fromFile('proxy', `debug=${text}`)['debug']).toBe(true)
  })
})

describe('integers', () => {
  it('a number is taken', () => {
    expect(fromFile('runner', 'client_buffer_size=16384')['clientBufferBytes']).toBe(16384)
  })

  it('an empty one leaves the default', () => {
    expect(fromFile('runner', 'client_buffer_size=')['clientBufferBytes']).toBe(8192)
  })

  it.each(['x', '1.5', '0x10', '8192 bytes', '255', '99999999999'])(
    '%j is a fault that names the range',
    (text) => {
      expect(faultOf('runner', `client_buffer_size=${text}`)).toBe(
        `/etc/h/h.conf:2: client_buffer_size in [runner]: expected integer, 256 to 16777216, found "${text}"`,
      )
    },
  )
})

describe('seconds', () => {
  it.each([
    ['5', 5],
    ['0.25', 0.25],
    ['.5', 0.5],
  ])('%j is taken', (text, seconds) => {
    expect(fromFile('proxy', `origin_timeout=${text}`)['originTimeoutSeconds']).toBe(seconds)
  })

  it.each(['0', '-1', '1e3', 'Infinity', 'NaN', '90000'])('%j is a fault', (text) => {
    expect(faultOf('proxy', `origin_timeout=${text}`)).toContain(`found "${text}"`)
  })
})

describe('limits', () => {
  it('message_rate and message_hwm hold when the file sets them', () => {
    const { messageRate, messageHwm } = loadConf('[handler]\nmessage_rate=2500\nmessage_hwm=25000\n').config
      .handler
    expect([messageRate, messageHwm]).toEqual([2500, 25000])
  })

  it.each(['', '0', '-1'])('%j is no limit', (text) => {
    expect(fromFile('handler', `message_rate=${text}`)['messageRate']).toBeUndefined()
  })

  it('there is none by default', () => {
    expect(load().config.handler.messageRate).toBeUndefined()
    expect(loadConf('').config.handler.messageHwm).toBeUndefined()
  })
})

describe('addresses', () => {
  it('clients may be listened for in several places', () => {
    expect(fromFile('runner', 'http_port=80, 127.0.0.1:0, [::1]:8080, localhost:81')['httpPorts']).toEqual([
      { host: '0.0.0.0', port: 80 },
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 8080 },
      { host: 'localhost', port: 81 },
    ])
  })

  it.each(['x', '65536', '-1', 'host.example:80', '::1:80', '[1.2.3.4]:80', '[]:80', '1.2.3.4:'])(
    '%j is no place to listen',
    (text) => {
      expect(faultOf('runner', `http_port=${text}`)).toContain(`[IPV6]:PORT, found "${text}"`)
    },
  )

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', 'localhost'],
    ['::1', '::1'],
    ['[::1]', '::1'],
  ])('the control API may listen at %s', (text, host) => {
    expect(fromFile('handler', `push_in_http_addr=${text}`)['controlAddress']).toBe(host)
  })

  it('the control API cannot listen at a name', () => {
    expect(faultOf('handler', 'push_in_http_addr=example.com')).toContain('IP address or localhost')
  })
})

describe('text', () => {
  it('a comma in a text that is no list is part of it', () => {
    expect(fromFile('proxy', 'sig_iss=a, b')['sigIss']).toBe('a, b')
  })

  it('a control character in it is a fault', () => {
    expect(faultOf('proxy', 'sig_iss=a\\nb')).toContain('control characters are not allowed in "a\\nb"')
  })

  it('a value for a header is ASCII', () => {
    expect(fromFile('proxy', 'cdn_loop=holdfast')['cdnLoop']).toBe('holdfast')
    expect(faultOf('proxy', 'cdn_loop=höld')).toContain('ASCII')
  })

  it('header names are compared in lower case', () => {
    expect(fromFile('proxy', 'orig_headers_need_mark=X-A, Range')['origHeadersNeedMark']).toEqual(
      new Set(['x-a', 'range']),
    )
  })
})

describe('X-Forwarded rules', () => {
  it.each(['truncate:0,append', '"truncate:0,append"', ' truncate:0 , append '])('%j is a rule', (text) => {
    expect(fromFile('proxy', `x_forwarded_for=${text}`)['xForwardedFor']).toEqual({
      truncate: 0,
      append: true,
    })
  })

  it('an unknown word in a rule is a fault', () => {
    expect(faultOf('proxy', 'x_forwarded_for=appendix')).toContain("'appendix'")
  })

  it.each([
    ['proto-only', 'proto-only'],
    ['true', 'both'],
    ['false', 'off'],
    ['', 'off'],
    ['anything', 'off'],
  ])('set_x_forwarded_protocol=%s means %s', (text, meaning) => {
    expect(fromFile('proxy', `set_x_forwarded_protocol=${text}`)['setXForwardedProtocol']).toBe(meaning)
  })

  it('a file that does not say sets none; without a file it is proto-only, as in the file that Pushpin ships', () => {
    expect(loadConf('').config.proxy.setXForwardedProtocol).toBe('off')
    expect(load().config.proxy.setXForwardedProtocol).toBe('proto-only')
  })
})

describe('keys', () => {
  it('text, base64 and files relative to the configuration file are keys; empty text is none', () => {
    const { config } = load({
      argv: ['--config=conf/h.conf'],
      files: {
        '/here/conf/h.conf': `[runner]\nhttp_port=1\n[proxy]\nsig_key=changeme\nupstream_key=file:keys/secret.hex\n`,
        '/here/conf/keys/secret.hex': '00ff\n',
      },
    })
    expect(config.proxy.sigKey?.verifyKey.export().toString()).toBe('changeme')
    expect(config.proxy.upstreamKey?.verifyKey.export()).toEqual(Buffer.from([0, 255]))
    expect(loadConf('[proxy]\nsig_key=\n').config.proxy.sigKey).toBeUndefined()
  })

  it('a file that is not there is a fault', () => {
    expect(faultOf('proxy', 'sig_key=file:nowhere.pem')).toBe(
      "/etc/h/h.conf:2: sig_key in [proxy]: key file 'nowhere.pem' cannot be read",
    )
  })

  it('a public key cannot sign, but it can verify', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const files = { '/here/h.conf': '[runner]\nhttp_port=1\n[proxy]\nKEY=file:/p.pem\n', '/p.pem': pem }
    const withKey = (key: string) => ({
      argv: ['--config=h.conf'],
      files: { ...files, '/here/h.conf': files['/here/h.conf'].replace('KEY', key) },
    })
    expect(load(withKey('upstream_key')).config.proxy.upstreamKey?.algorithm).toBe('ES256')
    expect(faultsOf(() => load(withKey('sig_key')))).toEqual([
      'h.conf:4: sig_key in [proxy]: a public key cannot sign',
    ])
  })
})

describe('log level', () => {
  it.each([
    ['0', 0],
    ['3', 3],
    ['9', 4],
    ['', 2],
    ['proxy:3', 3],
    ['1,handler:0', 1],
    ['1, proxy:0, handler:4', 4],
    ['connmgr:0', 2],
  ])('%j means level %i', (text, level) => {
    expect(fromFile('runner', `log_level=${text}`)['logLevel']).toBe(level)
  })

  it.each([
    ['-1', 'log level must be greater than or equal to 0'],
    ['proxy:-1', 'log level for service proxy must be greater than or equal to 0'],
    ['proxy:', 'log level component cannot be empty'],
    [':2', 'log level component name cannot be empty'],
    ['loud', 'log level must be an integer, found "loud"'],
  ])('%j is a fault', (text, reason) => {
    expect(faultOf('runner', `log_level=${text}`)).toBe(`/etc/h/h.conf:2: log_level in [runner]: ${reason}`)
  })

  it('only three log formats are known', () => {
    expect(fromFile('runner', 'log_format=json')['logFormat']).toBe('json')
    expect(faultOf('runner', 'log_format=xml')).toContain('auto or pretty or json or pushpin')
  })
})
