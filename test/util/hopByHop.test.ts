import { describe, expect, it } from 'vitest'
import { isHopByHop, nominatedByConnection } from '../../src/util/hopByHop.ts'

const NONE = new Set<string>()

describe('a hop-by-hop field', () => {
  it.each([
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'proxy-authorization',
  ])('%s is never passed on', (name) => {
    expect(isHopByHop(name, NONE)).toBe(true)
  })

  it.each(['host', 'content-length', 'trailers', 'proxy', 'x-proxy-a'])('%s is not one', (name) => {
    expect(isHopByHop(name, NONE)).toBe(false)
  })

  it('is what Connection says it is', () => {
    const nominated = nominatedByConnection(['Connection', 'Keep-Alive, X-Secret', 'connection', 'close'])
    expect(isHopByHop('x-secret', nominated)).toBe(true)
    expect(isHopByHop('x-other', nominated)).toBe(false)
  })

  it.each([[[]], [['Connection', 'close']], [['Connection', 'Keep-Alive']], [['Connection', '']]])(
    'is not made by %j',
    (headers) => {
      expect(isHopByHop('x-a', nominatedByConnection(headers))).toBe(false)
    },
  )
})
