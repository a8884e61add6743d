import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { RecentTrouble } from '../../src/observe/recentTrouble.ts'
import { LinesLog } from '../support/linesLog.ts'

function createTrouble() {
  const trouble = new RecentTrouble(() => Date.parse('2026-01-02T03:04:05.678Z'))
  const lines = new LinesLog()
  return { trouble, lines, log: trouble.watch(lines) }
}

describe('recent trouble', () => {
  it('has the warnings and errors of a log, the newest first, and no other line', () => {
    const { trouble, lines, log } = createTrouble()
    log.info('an info')
    log.warn('a warning', { code: 'ORIGIN_TIMEOUT' })
    log.debug('a detail')
    log.error('an error')
    expect(trouble.list()).toEqual([
      { time: '2026-01-02T03:04:05.678Z', level: 'error', message: 'an error', code: undefined },
      { time: '2026-01-02T03:04:05.678Z', level: 'warn', message: 'a warning', code: 'ORIGIN_TIMEOUT' },
    ])
    expect(lines.lines).toHaveLength(4)
  })

  it('says what an error beside the message is', () => {
    const { trouble, log } = createTrouble()
    log.error('a delivery failed', { error: new HoldfastError('PATCH_FAILED', 'no such path') })
    expect(trouble.list()).toMatchObject([
      { message: 'a delivery failed: no such path', code: 'PATCH_FAILED' },
    ])
  })

  it('is bounded in number and length', () => {
    const { trouble, log } = createTrouble()
    for (let i = 0; i < 150; i++) log.warn(`${i} ${'x'.repeat(5000)}`)
    const kept = trouble.list()
    expect(kept).toHaveLength(100)
    expect(kept[0]?.message.startsWith('149 ')).toBe(true)
    expect(kept[0]?.message).toHaveLength(1000)
  })
})
