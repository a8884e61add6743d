import { describe, expect, it } from 'vitest'
import { compileFilters, contentFilterMismatch } from '../../../src/hub/filters/filterChain.ts'
import { contextOf, filtered } from './support.ts'

describe('the filters of a channel', () => {
  it('run in the order of their names', () => {
    const subscriptionMeta = { user: 'ann', id_format: 'x' }
    expect(filtered(['build-id', 'var-subst'], { subscriptionMeta, text: '%I %%(user)s' })).toBe('x ann')
    expect(filtered(['var-subst', 'build-id'], { subscriptionMeta, text: '%%I %(user)s' })).toBe('x ann')
  })

  it('stop at the first that drops the item or fails', () => {
    const subscriptionMeta = { user: 'ann' }
    const itemMeta = { sender: 'ann' }
    expect(filtered(['skip-self', 'var-subst'], { subscriptionMeta, itemMeta, text: '%' })).toBe('drop')
    expect(filtered(['var-subst', 'skip-self'], { subscriptionMeta, itemMeta, text: '%' })).toMatch(/^error/)
  })

  it('hand on the very content that they do not change', () => {
    const context = contextOf()
    const chain = compileFilters(['skip-self', 'skip-users', 'require-sub', 'var-subst'])
    const result = chain.isSync ? chain.run(context) : undefined
    expect(result?.kind === 'send' && result.content).toBe(context.content)
  })

  it('are ignored where their name is not known', () => {
    expect(filtered(['no-such-filter', 'constructor', 'skip-self '])).toBe('hello')
    expect(compileFilters(['x']).isEmpty).toBe(true)
    expect(compileFilters(['x'])).toBe(compileFilters([]))
  })

  it('are compiled once for each list', () => {
    expect(compileFilters(['skip-self', 'build-id'])).toBe(compileFilters(['skip-self', 'x', 'build-id']))
    expect(compileFilters(['skip-self', 'build-id'])).not.toBe(compileFilters(['build-id', 'skip-self']))
    expect(compileFilters(['skip-self']).isEmpty).toBe(false)
  })

  it('say whether they ask the network', () => {
    expect(compileFilters(['skip-self', 'var-subst']).isSync).toBe(true)
    expect(compileFilters(['skip-self', 'http-check']).isSync).toBe(false)
    expect(compileFilters(['http-modify']).isSync).toBe(false)
  })
})

describe('content-filters of an item', () => {
  const chain = compileFilters(['skip-self', 'var-subst', 'http-check', 'build-id', 'http-modify', 'x'])

  it('match those filters of the channel that change content, in order', () => {
    expect(contentFilterMismatch(chain, ['var-subst', 'build-id', 'http-modify'])).toBeUndefined()
    expect(contentFilterMismatch(compileFilters(['require-sub']), [])).toBeUndefined()
    expect(contentFilterMismatch(chain, undefined)).toBeUndefined()
  })

  it('differ by what is missing, by what is too much, and by order', () => {
    const subscription = 'content filter mismatch: subscription=var-subst,build-id,http-modify message='
    expect(contentFilterMismatch(chain, [])).toBe(subscription)
    expect(contentFilterMismatch(chain, ['build-id', 'var-subst', 'http-modify'])).toBe(
      `${subscription}build-id,var-subst,http-modify`,
    )
    expect(contentFilterMismatch(compileFilters([]), ['skip\nself'])).toBe(
      'content filter mismatch: subscription= message=skip\\x0aself',
    )
  })
})
