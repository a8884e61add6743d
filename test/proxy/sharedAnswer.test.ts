import { describe, expect, it } from 'vitest'
import type { OriginExchange } from '../../src/edges/origin.ts'
import { HoldfastError } from '../../src/errors.ts'
import type { LinkSink } from '../../src/hold/linkSource.ts'
import { SharedAnswer } from '../../src/proxy/sharedAnswer.ts'

/** A stream that asked for a link, and notes what it is told. */
class Asker implements LinkSink {
  readonly told: string[] = []
  goesOn = true
  exchange: OriginExchange | undefined

  onInstruct(instruct: { holdMode: string }): void {
    this.told.push(`instruct ${instruct.holdMode}`)
  }
  onData(chunk: Buffer): boolean {
    this.told.push(chunk.length > 20 ? `${chunk.length} bytes` : chunk.toString())
    return this.goesOn
  }
  onEnd(): void {
    this.told.push('end')
  }
  onFailed(text: string): void {
    this.told.push(`failed: ${text}`)
  }
  onInvalid(text: string): void {
    this.told.push(`invalid: ${text}`)
  }
}

function begin(count: number) {
  const calls: string[] = []
  const answer = new SharedAnswer(() => calls.push('done'))
  const askers = Array.from({ length: count }, () => new Asker())
  for (const asker of askers) asker.exchange = answer.join(asker)
  answer.begin(() => ({ resume: () => calls.push('resume'), abort: () => calls.push('abort') }))
  const head = (headers: readonly string[], status = 200) => answer.onHead({ status, reason: '', headers })
  return { answer, askers, calls, head, told: () => askers.map(({ told }) => told) }
}

const STREAM = ['Grip-Hold', 'stream', 'Grip-Channel', 'a']

describe('one answer for several streams', () => {
  it('is told to each of them, once it is complete', () => {
    const { answer, calls, head, told } = begin(2)
    head(STREAM)
    answer.onData(Buffer.from('one '))
    answer.onData(Buffer.from('two'))
    expect(told()).toEqual([[], []])
    answer.onEnd()
    const all = ['instruct stream', 'one two', 'end']
    expect(told()).toEqual([all, all])
    expect(calls).toEqual(['done'])
  })

  it('is also for one that asks while it is collected', () => {
    const { answer, head } = begin(1)
    head(STREAM)
    answer.onData(Buffer.from('one'))
    const late = new Asker()
    expect(answer.canJoin).toBe(true)
    answer.join(late)
    answer.onEnd()
    expect(late.told).toEqual(['instruct stream', 'one', 'end'])
    expect(answer.canJoin).toBe(false)
  })

  it('that is large goes on as it comes, at the pace of the slowest, and nobody can join it', () => {
    const { answer, askers, calls, head, told } = begin(2)
    askers[1]!.goesOn = false
    head(STREAM)
    expect(answer.onData(Buffer.alloc(100_001))).toBe(false)
    expect(answer.canJoin).toBe(false)
    askers[1]!.exchange!.resume()
    askers[1]!.goesOn = true
    expect(answer.onData(Buffer.from('more'))).toBe(true)
    answer.onEnd()
    const all = ['instruct stream', '100001 bytes', 'more', 'end']
    expect([told(), calls]).toEqual([
      [all, all],
      ['resume', 'done'],
    ])
  })

  it('without instructions is the last part of each stream', () => {
    const { answer, head, told } = begin(1)
    head([])
    answer.onData(Buffer.from('bye'))
    answer.onEnd()
    expect(told()).toEqual([['instruct none', 'bye', 'end']])
  })
})

describe('an answer that is of no use', () => {
  it('is given up and told to all, once', () => {
    const { answer, calls, head, told } = begin(2)
    head(STREAM, 503)
    answer.onData(Buffer.from('sorry'))
    answer.onEnd()
    expect([told(), calls]).toEqual([
      [['failed: status 503'], ['failed: status 503']],
      ['abort', 'done'],
    ])
  })

  it.each([
    ['a long poll', ['Grip-Hold', 'response', 'Grip-Channel', 'a'], 'Next link returned non-stream hold.'],
    ['a mistake', ['Grip-Hold', 'perhaps'], "Grip-Hold must be set to either 'response' or 'stream'"],
    ['JSON', ['Content-Type', 'application/grip-instruct'], 'Next link returned application/grip-instruct'],
  ])('as its instructions cannot be followed, is not asked for again: %s', (_name, headers, text) => {
    const { head, told } = begin(1)
    head(headers)
    expect(told()).toEqual([[expect.stringContaining(`invalid: ${text}`)]])
  })

  it('breaks off: all are told', () => {
    const { answer, head, told } = begin(1)
    head(STREAM)
    answer.onError(new HoldfastError('ORIGIN_BROKEN', 'broke off'))
    expect(told()).toEqual([['failed: broke off']])
  })
})

describe('a stream that leaves', () => {
  it('is told nothing more, and the others get the answer', () => {
    const { answer, askers, calls, head, told } = begin(2)
    head(STREAM)
    askers[0]!.exchange!.abort()
    answer.onEnd()
    expect([told(), calls]).toEqual([[[], ['instruct stream', 'end']], ['done']])
  })

  it('as the last one ends the question', () => {
    const { askers, calls, answer } = begin(2)
    for (const { exchange } of askers) exchange!.abort()
    expect(calls).toEqual(['abort', 'done'])
    expect(answer.canJoin).toBe(false)
  })
})
