import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { parseParameters, splitLinkList, splitList } from '../../src/grip/headerParams.ts'
import { isFieldText, isToken, textFromWire, trimOws, wireFromText } from '../../src/grip/headerText.ts'
import { type Instruct, isInstruct, parseInstruct, parseInstructHead } from '../../src/grip/instruct.ts'
import { parseKey } from '../../src/grip/keys.ts'
import { parsePublishItem, parsePublishJson } from '../../src/grip/publishItem.ts'
import { GripSigner, verifyGripSig } from '../../src/grip/signature.ts'
import type { ResponseHead } from '../../src/util/headers.ts'

const GRIP_NAMES = [
  ...['Grip-Hold', 'Grip-Channel', 'Grip-Timeout', 'Grip-Keep-Alive', 'Grip-Set-Meta', 'Grip-Status'],
  ...['Grip-Expose-Headers', 'Grip-Link', 'grip-other', 'Content-Type', 'Connection', 'X-A'],
]

/** Pieces from which most grammatical corners can be put together. */
const PIECES = [
  ...[
    'response',
    'stream',
    'application/grip-instruct',
    'a',
    'é',
    '\xc3\xa9',
    '404',
    '-1',
    '99999999999',
    '5',
  ],
  ...[',', ';', '=', '"', '\\', '<', '>', ' ', '\t', '; prev-id=', '; filter=', '; format=cstring', '\\x4'],
  ...[
    '; format=base64',
    '; mode=',
    '; timeout=',
    '; rel=next',
    '; rel=gone',
    '</a>',
    '__proto__',
    '\0',
    '\x7f',
  ],
]

const wireValue = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const headers = fc
  .array(fc.tuple(fc.constantFrom(...GRIP_NAMES), wireValue), { maxLength: 6 })
  .map((pairs) => pairs.flat())
const head = fc.record({ status: fc.constantFrom(200, 204, 404), reason: fc.constantFrom('OK', ''), headers })

const VALID_INSTRUCT = {
  hold: {
    mode: 'stream',
    channels: [{ name: 'a', 'prev-id': '1', filters: ['f'] }],
    timeout: 10,
    'keep-alive': { content: 'x', 'content-bin': 'eA==', timeout: 5, mode: 'idle' },
    meta: { user: 'ann' },
  },
  response: { code: 200, reason: 'OK', headers: { 'X-A': '1' }, body: 'x', 'body-bin': 'eA==' },
}
const VALID_ITEM = {
  channel: 'c',
  id: '2',
  'prev-id': '1',
  formats: {
    'http-response': {
      code: 200,
      reason: 'OK',
      headers: [['X-A', '1']],
      body: 'x',
      'content-filters': ['f'],
    },
    'http-stream': { content: 'x', 'content-bin': 'eA==', action: 'send' },
    'ws-message': { content: 'x', type: 'text', action: 'send', code: 1000, reason: 'x' },
  },
  meta: { k: 'v' },
  size: 1,
  'no-seq': false,
}

/** The value with up to three of its parts replaced by any JSON, or removed. */
function mutated(value: unknown): fc.Arbitrary<unknown> {
  const paths = listPaths(value)
  const junk = fc.option(
    fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      wireValue,
      fc.integer(),
      fc.constantFrom('close', 'hint', '200', Infinity),
    ),
    { nil: undefined },
  )
  const edits = fc.array(fc.tuple(fc.constantFrom(...paths), junk), { maxLength: 3 })
  return edits.map((list) =>
    list.reduce<unknown>((whole, [path, part]) => replaceAt(whole, path, part), value),
  )
}

function listPaths(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [
    [],
    ...Object.entries(value).flatMap(([key, inner]) => listPaths(inner).map((path) => [key, ...path])),
  ]
}

function replaceAt(value: unknown, path: string[], part: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return part
  if (typeof value !== 'object' || value === null) return value
  const copy: any = Array.isArray(value) ? [...value] : { ...value }
  const inner = replaceAt(copy[key], rest, part)
  if (inner === undefined) delete copy[key]
  else copy[key] = inner
  return copy
}

/** Undefined when the call throws one of our errors with that kind of code; any other error is thrown on. */
function parsed<Value>(code: RegExp, call: () => Value): Value | undefined {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    expect(error.code).toMatch(code)
    expect(error.message).toMatch(/^[^\x00-\x1f\x7f]+$/)
    return undefined
  }
}

function expectDeliverable(status: number, reason: string, fields: readonly string[]): void {
  expect(status >= 200 && status <= 999).toBe(true)
  expect(isFieldText(reason) && reason !== '').toBe(true)
  for (let i = 0; i < fields.length; i += 2) {
    expect(isToken(fields[i] as string) && isFieldText(fields[i + 1] as string)).toBe(true)
    expect(fields[i]).not.toMatch(/^(content-length|transfer-encoding|connection)$/i)
  }
}

function expectSound(instruct: Instruct): void {
  expect(instruct.timeoutSeconds).toBeGreaterThanOrEqual(5)
  if (instruct.keepAlive) expect(instruct.keepAlive.timeoutSeconds).toBeGreaterThanOrEqual(1)
  if (instruct.nextLink) expect(instruct.nextLink.timeoutSeconds).toBeGreaterThanOrEqual(1)
  const names = instruct.channels.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { filters } of instruct.channels) expect(filters.length).toBeLessThanOrEqual(5)
  for (let i = 0; i < instruct.response.headers.length; i += 2) {
    expect(instruct.response.headers[i]).not.toMatch(/^(grip-|connection$|content-length$)/i)
  }
}

describe('instructions of any origin', () => {
  it('in headers are understood or refused with a code', () => {
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 20 }), (someHead: ResponseHead, body) => {
        const whole = parsed(/^INSTRUCT_INVALID$/, () => parseInstruct(someHead, Buffer.from(body)))
        const fromHead = parsed(/^INSTRUCT_INVALID$/, () => parseInstructHead(someHead))
        if (whole) expectSound(whole)
        if (fromHead) {
          expect({ ...fromHead.response, body: whole?.response.body }).toEqual(whole?.response)
          expect(isInstruct({ ...someHead, headers: ['X-A', '1', ...someHead.headers] })).toBe(
            isInstruct(someHead),
          )
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('in JSON are understood or refused with a code, and never break the response for the client', () => {
    const json = fc.oneof(
      mutated(VALID_INSTRUCT).map((value) => JSON.stringify(value) ?? ''),
      fc.json(),
      fc.string(),
    )
    fc.assert(
      fc.property(json, (text) => {
        const someHead = { status: 200, reason: 'OK', headers: ['Content-Type', 'application/grip-instruct'] }
        const instruct = parsed(/^INSTRUCT_INVALID$/, () => parseInstruct(someHead, Buffer.from(text)))
        if (!instruct) return
        expectSound(instruct)
        expectDeliverable(instruct.response.status, instruct.response.reason, instruct.response.headers)
      }),
      { numRuns: 2000 },
    )
  })

  it('are read in time that grows no faster than their length, or hardly', () => {
    const pieces = [...PIECES, ';timeout', '<,', '\\"', '"\\', ' ;', 'a=";']
    for (const piece of pieces) {
      for (const name of GRIP_NAMES) {
        const long = piece.repeat(Math.ceil(60_000 / piece.length))
        const started = performance.now()
        parsed(/^INSTRUCT_INVALID$/, () =>
          parseInstructHead({ status: 200, reason: '', headers: [name, long] }),
        )
        expect(performance.now() - started, `${name}: ${JSON.stringify(piece)} repeated`).toBeLessThan(1000)
      }
    }
  })
})

describe('items of any publisher', () => {
  it('are understood or refused with a code, and never break the response for the client', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(VALID_ITEM), fc.jsonValue()), (value) => {
        const item = parsed(/^ITEM_INVALID$/, () => parsePublishItem(value))
        if (item?.httpResponse?.action !== 'send') return
        const { code, reason, headers: fields } = item.httpResponse
        expectDeliverable(code, reason, fields)
      }),
      { numRuns: 3000 },
    )
  })

  it('are the same through JSON', () => {
    fc.assert(
      fc.property(fc.array(mutated(VALID_ITEM), { maxLength: 3 }), (items) => {
        const bytes = Buffer.from(JSON.stringify({ items }))
        const through = parsed(/^ITEM_INVALID$/, () => parsePublishJson(bytes))
        const direct = parsed(/^ITEM_INVALID$/, () =>
          JSON.parse(bytes.toString()).items.map(parsePublishItem),
        )
        expect(through).toEqual(direct)
      }),
    )
  })

  it('in bodies of any bytes are refused with a code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (bytes) => {
        parsed(/^(ITEM_INVALID|CONTROL_BODY_INVALID)$/, () => parsePublishJson(bytes))
      }),
    )
  })
})

describe('header lists', () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
  const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`

  it('bring any quoted value back', () => {
    const pairs = fc.array(fc.tuple(token, fc.string({ maxLength: 10 })), { maxLength: 4 })
    fc.assert(
      fc.property(pairs, (list) => {
        const text = list.map(([name, value]) => `${name}=${quote(value)}`).join('; ')
        expect(parseParameters(text)).toEqual(list.map(([name, value]) => ({ name, value })))
        expect(splitList(text)).toEqual(text === '' ? [] : [text])
      }),
    )
  })

  it('bring all elements back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(token, fc.string({ maxLength: 8 })), { minLength: 1, maxLength: 5 }),
        (list) => {
          const elements = list.map(([name, value]) => `${name}; x=${quote(value)}`)
          expect(splitList(elements.join(','))).toEqual(elements)
          const links = list.map(([name, value]) => `<${name}?${encodeURI(value)},;>; rel=next`)
          expect(splitLinkList(links.join(' , '))).toEqual(links)
        },
      ),
    )
  })

  it('lose nothing but spaces and separators', () => {
    fc.assert(
      fc.property(wireValue, (value) => {
        const text = trimOws(value)
        const without = (list: string) => list.replace(/[ \t,]/g, '')
        expect(without(splitList(text).join(','))).toBe(without(text))
        expect(without(splitLinkList(text).join(','))).toBe(without(text))
      }),
    )
  })
})

describe('wire text', () => {
  it('brings any text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const wire = wireFromText(text)
        expect(wire).not.toMatch(/[^\x00-\xff]/)
        expect(textFromWire(wire)).toBe(text)
      }),
    )
  })
})

describe('keep-alive data', () => {
  const keepAlive = (value: string) =>
    parseInstructHead({ status: 200, reason: '', headers: ['Grip-Keep-Alive', value] }).keepAlive?.data
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((array) => Buffer.from(array))

  it('comes back from base64', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(keepAlive(`${data.toString('base64')}; format=base64`)).toEqual(data)
      }),
    )
  })

  it('comes back from cstring', () => {
    const escaped = (byte: number) => {
      if (byte === 0x5c) return '\\\\'
      return byte > 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`
    }
    fc.assert(
      fc.property(bytes, (data) => {
        expect(keepAlive(`${[...data].map(escaped).join('')}; format=cstring`)).toEqual(data)
      }),
    )
  })
})

describe('Grip-Sig', () => {
  const NOW = 1_700_000_000
  const keyOf = (secret: string) =>
    parseKey(`base64:${Buffer.from(secret).toString('base64')}`, () => Buffer.alloc(0))
  const secret = fc.string({ minLength: 1 })

  it('is believed with its own key for an hour, and not with another', () => {
    fc.assert(
      fc.property(secret, secret, fc.string({ unit: 'grapheme', minLength: 1 }), (one, other, iss) => {
        const key = keyOf(one)!
        const token = new GripSigner({ iss, key }).sign(NOW)
        expect(verifyGripSig(token, key, NOW + 3599)).toBe(true)
        expect(verifyGripSig(token, key, NOW + 3600)).toBe(false)
        expect(verifyGripSig(token, keyOf(other)!, NOW)).toBe(one === other)
      }),
    )
  })

  it('is not believed after a change of any one character of its claims', () => {
    const key = keyOf('secret')!
    const token = new GripSigner({ iss: 'pushpin', key }).sign(NOW)
    const [start, end] = [token.indexOf('.') + 1, token.lastIndexOf('.')]
    fc.assert(
      fc.property(fc.integer({ min: start, max: end - 1 }), fc.stringMatching(/^[\w-]$/), (at, character) => {
        fc.pre(token[at] !== character)
        expect(verifyGripSig(token.slice(0, at) + character + token.slice(at + 1), key, NOW)).toBe(false)
      }),
    )
  })

  it('of any text is refused quietly', () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        expect(verifyGripSig(parts.join('.'), keyOf('secret')!, NOW)).toBe(false)
      }),
    )
  })
})

describe('keys', () => {
  it('of any file are taken or refused with a code', () => {
    const content = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(`-----BEGIN ${text}`)),
      fc
        .string()
        .map((text) => Buffer.from(`-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----`)),
    )
    fc.assert(
      fc.property(content, (bytes) => {
        parsed(/^KEY_INVALID$/, () => parseKey('file:x', () => Buffer.from(bytes)))
      }),
    )
  })
})
