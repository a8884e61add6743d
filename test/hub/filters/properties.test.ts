import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFilters } from '../../../src/hub/filters/filterChain.ts'
import { StartLimiter } from '../../../src/hub/filters/startLimiter.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { contextOf } from './support.ts'

const NAMES = [
  'skip-self',
  'skip-users',
  'require-sub',
  'build-id',
  'var-subst',
  'http-check',
  'http-modify',
  'x',
]
const names = fc.array(fc.constantFrom(...NAMES), { maxLength: 5 })
const text = fc.oneof(
  fc.string(),
  fc
    .array(fc.constantFrom('%', '(', ')', 's', 'I', '\\', '%(user)s', '%(chat)s', '%(a)I', '\n', 'é'), {
      maxLength: 8,
    })
    .map((pieces) => pieces.join('')),
)
const metaName = fc.oneof(
  fc.constantFrom(
    'user',
    'sender',
    'skip_users',
    'require_sub',
    'id_format',
    'id_encoding',
    'url',
    '__proto__',
  ),
  text,
)
const meta = fc.option(fc.dictionary(metaName, text, { noNullPrototype: true }), { nil: undefined })
const context = fc.record({
  channel: fc.constantFrom('chat', 'x'),
  itemId: fc.option(text, { nil: undefined }),
  itemMeta: meta,
  subscriptionMeta: meta,
  prevIds: fc
    .array(fc.tuple(text, fc.option(text, { nil: undefined })), { maxLength: 3 })
    .map((list) => new Map(list)),
  content: fc.oneof(
    text.map((one) => Buffer.from(one)),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
})

describe('filters of any origin on items of any publisher', () => {
  it('send, drop or fail with one line of text, and leave the item as it is', async () => {
    const status = fc.constantFrom(200, 204, 500)
    await fc.assert(
      fc.asyncProperty(names, context, status, async (list, changes, code) => {
        const item = contextOf(changes)
        const before = Buffer.from(item.content)
        const chain = compileFilters(list)
        const clock = new FakeClock()
        const result = chain.isSync
          ? chain.run(item)
          : await chain.runAsync(item, {
              fetch: async ({ url, headers, body }) => {
                expect(new URL(url).protocol).toMatch(/^https?:$/)
                for (const field of headers) expect(field).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
                return { status: code, headers: [], body }
              },
              limiter: new StartLimiter(clock, { startsPerSecond: 1000 }),
              clock,
              baseUrl: 'http://a.test/',
              signal: new AbortController().signal,
            })
        expect(item.content).toEqual(before)
        if (result.kind === 'send') expect(Buffer.isBuffer(result.content)).toBe(true)
        else if (result.kind === 'error') expect(result.message).toMatch(/^[^\x00-\x1f\x7f]+$/)
        else expect(result.kind).toBe('drop')
      }),
      { numRuns: 3000 },
    )
  })

  it('bring any text and any value through a template', () => {
    const escapePercent = (one: string) => one.replaceAll('%', '%%')
    const escapeName = (one: string) => one.replace(/[\\)]/g, '\\$&')
    const word = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(word, word, word, (literal, name, value) => {
        const chain = compileFilters(['var-subst'])
        const content = Buffer.from(
          `${escapePercent(literal)}%(${escapeName(name)})s${escapePercent(literal)}`,
        )
        const subscriptionMeta = Object.fromEntries([[name, value]])
        const result = chain.isSync && chain.run(contextOf({ content, subscriptionMeta }))
        expect(result && result.kind === 'send' && result.content.toString()).toBe(
          `${literal}${value}${literal}`,
        )
      }),
    )
  })
})
