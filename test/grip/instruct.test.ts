import { describe, expect, it } from 'vitest'
import { isInstruct, parseInstruct, parseInstructHead } from '../../src/grip/instruct.ts'
import { faultOf, head, instruct } from './support.ts'

describe('isInstruct', () => {
  it.each([
    [['Grip-Hold', 'stream']],
    [['grip-hold', 'stream']],
    [['GRIP-WHATEVER', '']],
    [['Content-Type', 'application/grip-instruct']],
    [['content-type', 'Application/GRIP-Instruct; charset=utf-8']],
  ])('recognises %j', (headers) => expect(isInstruct(head(headers))).toBe(true))

  it.each([
    [[]],
    [['Gripper', 'x']],
    [['X-Grip-Hold', 'stream']],
    [['Grip', 'x']],
    [['Content-Type', 'text/plain; x=application/grip-instruct']],
    [['X-Type', 'application/grip-instruct']],
  ])('passes %j by', (headers) => expect(isInstruct(head(headers))).toBe(false))
})

describe('Grip-Hold', () => {
  it('holds nothing when absent', () => {
    expect(instruct(['Grip-Channel', 'a']).holdMode).toBe('none')
  })

  it.each(['response', 'stream'])('can be %s', (mode) => {
    expect(instruct(['grip-hold', mode]).holdMode).toBe(mode)
  })

  it('counts once: the first header', () => {
    expect(instruct(['Grip-Hold', 'stream', 'Grip-Hold', 'nonsense']).holdMode).toBe('stream')
  })

  it.each(['', 'Stream', 'stream, response', 'none'])('cannot be %j', (mode) => {
    expect(faultOf(() => instruct(['Grip-Hold', mode]))).toBe(
      "INSTRUCT_INVALID: Grip-Hold must be set to either 'response' or 'stream'",
    )
  })
})

describe('Grip-Channel', () => {
  const channels = (...values: string[]) =>
    instruct(values.flatMap((value) => ['Grip-Channel', value])).channels
  const plain = (name: string) => ({ name, prevId: undefined, filters: [] })

  it('lists channels over all headers', () => {
    expect(channels('apple', 'banana, cherry')).toEqual(['apple', 'banana', 'cherry'].map(plain))
  })

  it('is read the same whether it has to be parsed or not', () => {
    for (let code = 0x20; code <= 0xff; code++) {
      const name = `a${String.fromCharCode(code)}b`
      expect(channels(name), name).toEqual(channels(` ${name}`))
    }
  })

  it('takes prev-id and filters', () => {
    expect(channels('apple; prev-id=1; filter=f1; filter=f2, pear; PREV-ID="a, b"')).toEqual([
      { name: 'apple', prevId: '1', filters: ['f1', 'f2'] },
      { name: 'pear', prevId: 'a, b', filters: [] },
    ])
  })

  it('knows filter in lower case only', () => {
    expect(channels('a; Filter=f')).toEqual([plain('a')])
  })

  it.each(['a; prev-id=', 'a; prev-id=""', 'a; prev-id'])('takes an empty prev-id for none: %s', (value) => {
    expect(channels(value)).toEqual([plain('a')])
  })

  it('has a channel without a name between two commas, and none after the last', () => {
    expect(channels('a,,b,')).toEqual(['a', '', 'b'].map(plain))
    expect(channels('')).toEqual([])
  })

  it('keeps the last of two entries with the same name', () => {
    expect(channels('a; prev-id=1; filter=x, b', 'a; prev-id=2')).toEqual([
      { name: 'a', prevId: '2', filters: [] },
      plain('b'),
    ])
  })

  it('drops an element with bad quoting', () => {
    expect(channels('a, b; prev-id="1')).toEqual([plain('a')])
  })

  it('keeps the quotes of a name', () => {
    expect(channels('"a,b"')).toEqual([plain('"a,b"')])
  })

  it('reads names as UTF-8', () => {
    expect(channels('caf\xc3\xa9; prev-id=\xe2\x98\x95')).toEqual([
      { name: 'café', prevId: '☕', filters: [] },
    ])
  })

  it('allows five filters and not six', () => {
    const filters = (count: number) => `a${'; filter=f'.repeat(count)}`
    expect(channels(filters(5))[0]?.filters).toHaveLength(5)
    expect(faultOf(() => channels(filters(6)))).toBe("INSTRUCT_INVALID: too many filters for channel 'a'")
  })

  it('does not show control characters of a name in an error', () => {
    expect(faultOf(() => channels(`a\x01b${'; filter=f'.repeat(6)}`))).toBe(
      "INSTRUCT_INVALID: too many filters for channel 'a\\x01b'",
    )
  })
})

describe('Grip-Timeout', () => {
  const timeout = (...headers: string[]) => instruct(headers).timeoutSeconds

  it.each([
    ['120', 120],
    ['5', 5],
    ['4', 5],
    ['0', 5],
    ['+20', 20],
    [' 20 ', 20],
    ['2147483647', 2147483647],
  ])('of %j makes %i seconds', (value, seconds) => expect(timeout('Grip-Timeout', value)).toBe(seconds))

  it('is 55 seconds by default', () => expect(timeout('Grip-Hold', 'response')).toBe(55))

  it.each(['', 'abc', '1.5', '1s', '0x10', '2147483648', '99999999999999999999'])('cannot be %j', (value) => {
    expect(faultOf(() => timeout('Grip-Timeout', value))).toBe(
      'INSTRUCT_INVALID: failed to parse Grip-Timeout',
    )
  })

  it('cannot be negative', () => {
    expect(faultOf(() => timeout('Grip-Timeout', '-1'))).toBe(
      'INSTRUCT_INVALID: Grip-Timeout has invalid value',
    )
  })
})

describe('Grip-Set-Meta', () => {
  const meta = (...values: string[]) => instruct(values.flatMap((value) => ['Grip-Set-Meta', value])).meta

  it('gathers pairs over all headers', () => {
    expect(meta('a=1, b="x, \\"y\\""', 'c=caf\xc3\xa9')).toEqual({ a: '1', b: 'x, "y"', c: 'café' })
  })

  it('takes the first pair of each element', () => expect(meta('a=1; b=2')).toEqual({ a: '1' }))

  it('takes a key without a value', () => expect(meta('a, b=')).toEqual({ a: '', b: '' }))

  it('keeps the last value of a key', () => expect(meta('a=1, a=2')).toEqual({ a: '2' }))

  it('drops an element with bad quoting', () => expect(meta('a=1, b="x')).toEqual({ a: '1' }))

  it('is undefined when there is none', () => {
    expect(meta()).toBeUndefined()
    expect(meta('')).toBeUndefined()
  })

  it('can hold the names of object members', () => {
    expect(Object.entries(meta('__proto__=x, constructor=y') ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it('cannot have an empty element', () => {
    expect(faultOf(() => meta('a=1,,b=2'))).toBe('INSTRUCT_INVALID: Grip-Set-Meta cannot be empty')
  })
})

describe('Grip-Status', () => {
  const status = (value: string) => {
    const { response } = parseInstruct(head(['Grip-Status', value], 200, 'Fine'), Buffer.alloc(0))
    return [response.status, response.reason]
  }

  it.each([
    ['404', [404, 'Not Found']],
    ['404 Nothing To See Here', [404, 'Nothing To See Here']],
    ['404 ', [404, 'Not Found']],
    ['299', [299, 'Undefined Reason']],
    ['200', [200, 'OK']],
    ['999', [999, 'Undefined Reason']],
    ['404 caf\xc3\xa9', [404, 'caf\xc3\xa9']],
    ['', [200, 'Fine']],
  ])('of %j makes %j', (value, expected) => expect(status(value)).toEqual(expected))

  it.each(['abc', '-1', '0', '99', '100', '101', '199', '1000', '404x', '404.5', '4 04', '99999999999'])(
    'cannot be %j',
    (value) => {
      expect(faultOf(() => status(value))).toBe('INSTRUCT_INVALID: Grip-Status contains invalid status code')
    },
  )

  it.each(['404 a\rb', '404 a\nb', '404 a\0', '404 \x7f', '404 \x1b[1m', '404 č'])(
    'cannot be %j',
    (value) => {
      expect(faultOf(() => status(value))).toBe(
        'INSTRUCT_INVALID: Grip-Status contains invalid reason phrase',
      )
    },
  )

  it('leaves the status of the origin alone when absent', () => {
    const { response } = parseInstruct(head(['Grip-Hold', 'stream'], 201, ''), Buffer.alloc(0))
    expect([response.status, response.reason]).toEqual([201, 'Created'])
  })
})

describe('the response for the client', () => {
  it('keeps the body and all headers that are not for the proxy', () => {
    const { response } = instruct(
      [
        ...['Grip-Hold', 'stream', 'Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'GRIP-Unknown', 'x'],
        ...['Set-Cookie', 'b=2', 'Content-Encoding', 'gzip', 'ETag', '"1"'],
      ],
      'hello',
    )
    expect(response.headers).toEqual([
      ...['Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
      ...['Content-Encoding', 'gzip', 'ETag', '"1"'],
    ])
    expect(response.body.toString()).toBe('hello')
  })

  it('has no headers of the connection and no Content-Length', () => {
    const { response } = instruct([
      ...['Connection', 'close, X-Private', 'Keep-Alive', 'x', 'TE', 'x', 'Trailer', 'x', 'Upgrade', 'x'],
      ...['Transfer-Encoding', 'chunked', 'Content-Length', '5', 'Proxy-Authenticate', 'x', 'x-private', '1'],
      ...['X-Public', '1'],
    ])
    expect(response.headers).toEqual(['X-Public', '1'])
  })

  it('has only the headers that are exposed, when some are', () => {
    const headers = ['Content-Type', 'text/plain', 'X-A', '1', 'X-B', '2', 'x-a', '3', 'Grip-Hold', 'stream']
    const { response } = instruct([
      ...headers,
      'Grip-Expose-Headers',
      'x-a, ETag',
      'Grip-Expose-Headers',
      'X-C',
    ])
    expect(response.headers).toEqual(['X-A', '1', 'x-a', '3'])
    expect(instruct([...headers, 'Grip-Expose-Headers', '']).response.headers).toHaveLength(8)
  })

  it('cannot have instructions or framing exposed', () => {
    const headers = [
      'Grip-Hold',
      'stream',
      'Grip-Expose-Headers',
      'Grip-Hold, Content-Length',
      'Content-Length',
      '1',
    ]
    expect(instruct(headers).response.headers).toEqual([])
  })
})

describe('parseInstructHead', () => {
  const headers = [
    'Grip-Hold',
    'stream',
    'Grip-Channel',
    'a',
    'Grip-Expose-Headers',
    'X-A',
    'X-A',
    '1',
    'X-B',
    '2',
  ]

  it('parses as with a body, and leaves the body empty', () => {
    const parsed = parseInstructHead(head([...headers, 'Grip-Status', '202']))
    expect(parsed).toEqual(instruct([...headers, 'Grip-Status', '202']))
    expect(parsed.response).toEqual({
      status: 202,
      reason: 'Accepted',
      headers: ['X-A', '1'],
      body: Buffer.alloc(0),
    })
  })

  it('refuses instructions that are in the body', () => {
    expect(faultOf(() => parseInstructHead(head(['Content-Type', 'application/grip-instruct'])))).toBe(
      'INSTRUCT_INVALID: application/grip-instruct content cannot be used here',
    )
  })

  it('refuses what is wrong with the headers', () => {
    expect(faultOf(() => parseInstructHead(head(['Grip-Status', '1'])))).toBe(
      'INSTRUCT_INVALID: Grip-Status contains invalid status code',
    )
  })
})
