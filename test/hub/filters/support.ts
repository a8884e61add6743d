import type { FilterContext, FilterResult } from '../../../src/hub/filters/filter.ts'
import { compileFilters } from '../../../src/hub/filters/filterChain.ts'
import type { FakeClock } from '../../support/fakeClock.ts'

/** An item `hello` with id `2` on channel `chat`, whose tracked prev-id is `1`, for a hold that also has `news`. */
export function contextOf(changes: Partial<FilterContext> & { text?: string } = {}): FilterContext {
  const { text = 'hello', ...rest } = changes
  return {
    channel: 'chat',
    itemId: '2',
    itemMeta: undefined,
    subscriptionMeta: undefined,
    prevIds: new Map([
      ['chat', '1'],
      ['news', undefined],
    ]),
    content: Buffer.from(text),
    ...rest,
  }
}

/** What the filters make of an item: its text, `drop`, or the error's message after `error: `. */
export function filtered(names: string[], changes: Parameters<typeof contextOf>[0] = {}): string {
  const chain = compileFilters(names)
  if (!chain.isSync) throw new Error('these filters ask the network')
  return shown(chain.run(contextOf(changes)))
}

export function shown(result: FilterResult | { kind: 'cancelled' }): string {
  if (result.kind === 'send') return result.content.toString()
  return result.kind === 'error' ? `error: ${result.message}` : result.kind
}

/** Lets time pass by the millisecond, and what each timer sets off come to rest. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  await settled()
  for (let i = 0; i < ms; i++) {
    clock.advance(1)
    await settled()
  }
}

/** Lets everything that is ready to run do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
