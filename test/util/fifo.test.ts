import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fifo } from '../../src/util/fifo.ts'

describe('Fifo', () => {
  it('gives back what came, in that order, whenever it is asked', () => {
    const steps = fc.array(fc.oneof(fc.integer(), fc.constant('shift' as const)))
    fc.assert(
      fc.property(steps, (taken) => {
        const [fifo, model] = [new Fifo<number>(), [] as number[]]
        for (const step of taken) {
          if (step === 'shift') expect(fifo.shift()).toBe(model.shift())
          else [fifo, model].map((queue) => queue.push(step))
          expect([fifo.size, fifo.oldest, fifo.newest]).toEqual([model.length, model[0], model.at(-1)])
        }
      }),
    )
  })
})
