import { describe, expect, it } from 'vitest'
import { MAX_CONCURRENT_UPDATES, type Updatable, Updates } from '../../src/hold/updates.ts'
import { FakeClock } from '../support/fakeClock.ts'

/** Questions that count how many of them are under way. */
class Questions {
  readonly settle: (() => void)[] = []
  readonly ran: string[] = []
  under = 0
  max = 0

  create(name: string): Updatable {
    return {
      runUpdate: (onSettled) => {
        this.ran.push(name)
        this.max = Math.max(this.max, ++this.under)
        this.settle.push(() => {
          this.under--
          onSettled()
        })
      },
    }
  }

  /** Answers all that are under way now. */
  answer(): void {
    for (const settle of this.settle.splice(0)) settle()
  }
}

function begin() {
  const clock = new FakeClock()
  return { clock, updates: new Updates(clock), questions: new Questions() }
}

const urgent = { isUrgent: true }
const patient = { isUrgent: false }

describe('a question to an origin', () => {
  it('that is urgent is asked at once, another one after a batch period', () => {
    const { clock, updates, questions } = begin()
    updates.request('a', questions.create('patient'), patient)
    updates.request('a', questions.create('urgent'), urgent)
    expect(questions.ran).toEqual(['urgent'])
    clock.advance(99)
    expect(questions.ran).toEqual(['urgent'])
    clock.advance(1)
    expect(questions.ran).toEqual(['urgent', 'patient'])
  })

  it('that is asked for twice while it waits is asked once, and at once when it has become urgent', () => {
    const { clock, updates, questions } = begin()
    const question = questions.create('one')
    updates.request('a', question, patient)
    updates.request('a', question, patient)
    updates.request('a', question, urgent)
    clock.advance(1000)
    expect(questions.ran).toEqual(['one'])
  })

  it('that is cancelled is not asked', () => {
    const { clock, updates, questions } = begin()
    const question = questions.create('one')
    updates.request('a', question, patient)
    updates.cancel('a', question)
    updates.cancel('unknown', question)
    clock.advance(1000)
    expect(questions.ran).toEqual([])
  })
})

describe('many questions', () => {
  it('are asked a hundred in a tenth of a second, however fast the origin answers', () => {
    const { clock, updates, questions } = begin()
    for (let i = 0; i < 1000; i++) updates.request('a', questions.create(`${i}`), patient)
    for (let tenths = 1; tenths <= 10; tenths++) {
      clock.advance(100)
      questions.answer()
      expect(questions.ran).toHaveLength(100 * tenths)
    }
  })

  it.each([urgent, patient])(
    'are never more under way than the bound, and none is forgotten: %o',
    (options) => {
      const { clock, updates, questions } = begin()
      for (let i = 0; i < 10_000; i++) updates.request('a', questions.create(`${i}`), options)
      for (let i = 0; i < 200; i++) {
        clock.advance(100)
        for (const settle of questions.settle.splice(0, 70)) settle()
      }
      expect(questions.max).toBe(MAX_CONCURRENT_UPDATES)
      expect(new Set(questions.ran).size).toBe(10_000)
      expect(questions.ran).toHaveLength(10_000)
    },
  )

  it('of one lane do not hold up those of another', () => {
    const { updates, questions } = begin()
    for (let i = 0; i < 200; i++) updates.request('slow', questions.create('slow'), urgent)
    updates.request('other', questions.create('other'), urgent)
    expect(questions.ran.at(-1)).toBe('other')
    expect(questions.under).toBe(MAX_CONCURRENT_UPDATES + 1)
  })

  it('that are urgent go before the others when there is room again', () => {
    const { clock, updates, questions } = begin()
    for (let i = 0; i < MAX_CONCURRENT_UPDATES; i++) updates.request('a', questions.create('first'), urgent)
    updates.request('a', questions.create('patient'), patient)
    clock.advance(1000)
    updates.request('a', questions.create('urgent'), urgent)
    questions.answer()
    clock.advance(1000)
    expect(questions.ran.slice(MAX_CONCURRENT_UPDATES)).toEqual(['urgent', 'patient'])
  })

  it('leave no timer behind when all are answered', () => {
    const { clock, updates, questions } = begin()
    for (let i = 0; i < 300; i++) updates.request('a', questions.create(`${i}`), patient)
    for (let i = 0; i < 10; i++) {
      clock.advance(100)
      questions.answer()
    }
    expect(clock.timerCount).toBe(0)
  })
})
