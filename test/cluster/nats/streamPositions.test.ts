import { describe, expect, it } from 'vitest'
import type { ItemMessage } from '../../../src/cluster/nats/itemMessage.ts'
import type { StoredItem } from '../../../src/cluster/nats/itemStream.ts'
import { StreamPositions, snapshotOf } from '../../../src/cluster/nats/streamPositions.ts'
import { streamItem } from '../../support/items.ts'

const MAX_ITEMS = 3

function message(number: number): ItemMessage {
  return { from: '00', number, isCounted: false, item: streamItem('a', String(number)) }
}

/** Positions in a channel whose stream keeps these items. */
function positionsIn(...numbers: number[]) {
  const stored = numbers.map((number): StoredItem => ({ message: message(number), ageMs: 0 }))
  return new StreamPositions({ read: async () => stored }, MAX_ITEMS)
}

async function missedAfter(seen: number | undefined, kept: number[]): Promise<number[] | undefined> {
  const positions = positionsIn(...kept)
  positions.begin('a', undefined)
  if (seen !== undefined) positions.seen(message(seen))
  const missed = positions.missed('a', await positions.read('a'))
  return missed?.map(({ number }) => number)
}

describe('after a time without the link, a node', () => {
  it('has missed what the stream keeps behind the item that it saw last', async () => {
    expect(await missedAfter(1, [1, 2, 3])).toEqual([2, 3])
    expect(await missedAfter(3, [1, 2, 3])).toEqual([])
  })

  it('has missed all that is kept when it saw none', async () => {
    expect(await missedAfter(undefined, [1, 2])).toEqual([1, 2])
  })

  it('cannot tell what it has missed when what it saw last has made room', async () => {
    expect(await missedAfter(1, [5, 6, 7])).toBeUndefined()
  })

  it('has missed all that is kept when what it saw last was too old, and none had to make room', async () => {
    expect(await missedAfter(1, [5, 6])).toEqual([5, 6])
  })

  it('cannot tell what it has missed of a channel that was forgotten', async () => {
    const positions = positionsIn(1)
    positions.begin('a', undefined)
    positions.forget('a')
    expect(positions.missed('a', await positions.read('a'))).toBeUndefined()
  })
})

it('16 channels are read at one time, and the others in their turn', async () => {
  const answers: (() => void)[] = []
  const asked: string[] = []
  const read = (channel: string): Promise<readonly StoredItem[]> => {
    asked.push(channel)
    return new Promise((resolve) => answers.push(() => resolve([])))
  }
  const positions = new StreamPositions({ read }, MAX_ITEMS)
  const names = Array.from({ length: 40 }, (_, i) => `c${i}`)
  const readings = names.map((name) => positions.read(name))
  for (let answered = 0; answered < names.length; answered++) {
    await new Promise(setImmediate)
    expect(asked).toEqual(names.slice(0, answered + 16))
    answers[answered]?.()
  }
  await Promise.all(readings)
})

it('a channel goes on from what was stored, and then what came meanwhile', () => {
  const stored = [{ message: { ...message(1), item: { ...message(1).item, id: 'x' } }, ageMs: 7 }]
  const early = [{ ...message(2), item: { ...message(2).item, id: 'y' } }]
  const { lastId, items } = snapshotOf(stored, early)
  expect(lastId).toBe('y')
  expect(items.map(({ item, ageMs }) => [item.id, ageMs])).toEqual([
    ['x', 7],
    ['y', 0],
  ])
})
