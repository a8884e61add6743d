import { expect, it } from 'vitest'
import { SILENCE_LOOK_MS, SilenceWatch } from '../../src/server/silenceWatch.ts'

/** A process that answers when it is told to. */
class Asked {
  questions = 0
  answer = (): void => {}
  refuse = (): void => {}

  ask(): Promise<void> {
    this.questions++
    return new Promise((resolve, reject) => {
      this.answer = resolve
      this.refuse = () => reject(new Error('gone'))
    })
  }
}

/** Looks at it again and again, from 0 on, and answers the time at which it was found silent. */
function silentAtMs(watch: SilenceWatch, untilMs: number): number | undefined {
  for (let nowMs = 0; nowMs <= untilMs; nowMs += SILENCE_LOOK_MS) if (watch.isSilent(nowMs)) return nowMs
  return undefined
}

it('a process that never answers is found silent after ten seconds, and asked only once', () => {
  const asked = new Asked()
  expect(silentAtMs(new SilenceWatch(() => asked.ask()), 60_000)).toBe(12_000)
  expect(asked.questions).toBe(1)
})

it('a process that answers late, but answers, is asked again and not found silent', async () => {
  const asked = new Asked()
  const watch = new SilenceWatch(() => asked.ask())
  for (let round = 0; round < 5; round++) {
    expect(watch.isSilent(round * 9000)).toBe(false)
    asked.answer()
    await Promise.resolve()
  }
  expect(asked.questions).toBe(5)
})

it('a process that is gone is not found silent: it is known to be gone', async () => {
  const asked = new Asked()
  const watch = new SilenceWatch(() => asked.ask())
  watch.isSilent(0)
  asked.refuse()
  await new Promise((resolve) => setImmediate(resolve))
  expect(watch.isSilent(60_000)).toBe(false)
})
