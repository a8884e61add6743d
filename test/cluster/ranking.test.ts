import { describe, expect, it } from 'vitest'
import { LocalDirectory } from '../../src/cluster/localDirectory.ts'
import { Ranking } from '../../src/cluster/ranking.ts'
import { MergedDirectory, NOBODY, type PartDirectory } from '../../src/cluster/workers/mergedDirectory.ts'
import type { HeldConnection, OrderedQuery, Page } from '../../src/edges/directory.ts'
import { createTestHub, RecordingHold, requestsOf } from '../hub/support.ts'
import { createTestConnections, openTestConnection } from '../support/connections.ts'
import { FakeClock } from '../support/fakeClock.ts'
import { createCrowdedDirectory } from '../support/manyConnections.ts'

const everybody = { channel: undefined, route: undefined, meta: [] }

/** Reads all pages of a listing. */
async function readAll<T>(
  read: (query: { cursor: string | undefined; limit: number }) => Promise<Page<T>>,
): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const page = await read({ cursor, limit: 7 })
    all.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return all
}

describe('an ordered listing of connections', () => {
  const directory = createCrowdedDirectory(500)
  const list = (order: OrderedQuery<any>['order'], search?: string) =>
    readAll((page) => directory.connections({ ...everybody, search }, { ...page, order }))

  it.each([
    ['id', ({ id }: HeldConnection) => id],
    ['kind', ({ kind }: HeldConnection) => kind],
    ['route', ({ route }: HeldConnection) => route],
    ['peer', ({ peer }: HeldConnection) => peer],
    ['age', ({ openedAt }: HeldConnection) => -Date.parse(openedAt)],
    ['queue', ({ bytesQueued }: HeldConnection) => bytesQueued],
  ])('by %s has all of them once, page by page, in both directions', async (by, keyOf) => {
    const rising = await list({ by, descending: false })
    expect(new Set(rising.map(({ id }) => id)).size).toBe(500)
    const keys: (string | number)[] = rising.map((row) => keyOf(row))
    expect(keys).toEqual([...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
    const falling = await list({ by, descending: true })
    expect(falling.map(({ id }) => id)).toEqual(rising.map(({ id }) => id).reverse())
  })

  it.each([
    ['a channel', 'room-123', 1],
    ['a route', 'route-3', 71],
    ['a value of meta', 'user-49', 11],
    ['a peer', '10.0.1.', 244],
    ['nothing', 'nobody', 0],
  ])('finds a text in %s', async (_, search, count) => {
    const found = await list({ by: 'id', descending: false }, search)
    expect(found).toHaveLength(count)
    const unordered = await readAll((page) => directory.connections({ ...everybody, search }, page))
    expect(unordered.map(({ id }) => id).sort()).toEqual(found.map(({ id }) => id))
  })

  it('goes on behind an entry that is gone', () => {
    const rank = (keys: readonly number[], cursor?: string) => {
      const query = { cursor, limit: 2, order: { by: 'x', descending: false } }
      const ranking = new Ranking<number>({ query, keyOf: (key) => key, idOf: String })
      for (const key of keys) ranking.offer(key)
      return ranking.page()
    }
    const { items, next } = rank([3, 1, 2, 4])
    expect([items, rank([3, 1, 4], next)]).toEqual([[1, 2], { items: [3, 4], next: undefined }])
  })

  it.each(['x', 'W10', Buffer.from('[1,2]').toString('base64url'), '17'])(
    'refuses the cursor %s',
    async (cursor) => {
      const order = { by: 'age', descending: true } as const
      await expect(directory.connections(everybody, { cursor, limit: 1, order })).rejects.toThrow(/^cursor: /)
    },
  )
})

describe('an ordered listing of several processes', () => {
  it('has the connections of all in one order', async () => {
    const parts = [createCrowdedDirectory(40, 'one'), createCrowdedDirectory(25, 'two')]
    const merged = new MergedDirectory(() => parts)
    const order = { by: 'age', descending: true } as const
    const listed = await readAll((page) => merged.connections(everybody, { ...page, order }))
    expect(new Set(listed.map(({ id }) => id)).size).toBe(65)
    const opened = listed.map(({ openedAt }) => openedAt)
    expect(opened).toEqual([...opened].sort())
  })

  it('begins a page behind the last of the one before, whatever part of a millisecond they came in', async () => {
    const parts = ['one', 'two'].map((prefix) => crowdWithin(20, { prefix, milliseconds: 4 }))
    const merged = new MergedDirectory(() => parts)
    for (const descending of [false, true]) {
      const order = { by: 'age', descending } as const
      const listed = await readAll((page) => merged.connections(everybody, { ...page, order }))
      expect(listed).toHaveLength(40)
      expect(new Set(listed.map(({ id }) => id)).size).toBe(40)
    }
  })

  it('has all of them where a process gives fewer at a time than it is asked for', async () => {
    const parts = [createCrowdedDirectory(40, 'one'), createCrowdedDirectory(25, 'two')]
    const [one, two] = parts as [LocalDirectory, LocalDirectory]
    const sparing = Object.assign(Object.create(one), {
      connections: (...[filter, query]: Parameters<LocalDirectory['connections']>) =>
        one.connections(filter, { ...query, limit: 2 }),
      channels: one.channels.bind(one),
    })
    const merged = new MergedDirectory(() => [sparing, two])
    for (const by of ['id', 'queue', 'age'] as const) {
      const order = { by, descending: false }
      const listed = await readAll((page) => merged.connections(everybody, { ...page, order }))
      expect([by, listed.length]).toEqual([by, 65])
      expect(new Set(listed.map(({ id }) => id)).size).toBe(65)
    }
  })

  it('says who is missing from it, in an order and in none', async () => {
    const silent: PartDirectory = {
      ...NOBODY,
      connections: async () => ({ items: [], next: undefined, missing: ['b'] }),
      channels: async () => ({ items: [], next: undefined, missing: ['b'] }),
    }
    const parts = [directoryOf(['x']), silent]
    const merged = new MergedDirectory(() => parts)
    const first = { cursor: undefined, limit: 9 }
    for (const order of [undefined, { by: 'id', descending: false } as const]) {
      expect((await merged.connections(everybody, { ...first, order })).missing).toEqual(['b'])
    }
    for (const order of [undefined, { by: 'name', descending: false } as const]) {
      const page = await merged.channels({ prefix: '' }, { ...first, order })
      expect([page.items.length, page.missing]).toEqual([1, ['b']])
    }
  })

  it('has each channel once, with the holders of all', async () => {
    const parts = [
      ['a', 'c', 'x'],
      ['b', 'c', 'd', 'x-1'],
    ].map(directoryOf)
    const merged = new MergedDirectory(() => parts)
    const order = { by: 'name', descending: false } as const
    const first = await merged.channels({ prefix: '' }, { cursor: undefined, limit: 3, order })
    const named = ({ items }: typeof first) => items.map(({ name, holders }) => `${name} ${holders.stream}`)
    expect(named(first)).toEqual(['a 1', 'b 1', 'c 2'])
    const second = await merged.channels({ prefix: '' }, { cursor: first.next, limit: 3, order })
    expect([named(second), second.next]).toEqual([['d 1', 'x 1', 'x-1 1'], undefined])
    const found = await merged.channels(
      { prefix: '', search: '-1' },
      { cursor: undefined, limit: 3, order: { by: 'name', descending: true } },
    )
    expect(named(found)).toEqual(['x-1 1'])
  })
})

/** A directory of connections that came in fractions of a few milliseconds. */
function crowdWithin(count: number, { prefix, milliseconds }: { prefix: string; milliseconds: number }) {
  const connections = createTestConnections(prefix)
  for (let i = 0; i < count; i++) {
    const opened = openTestConnection(connections, { nowMs: (milliseconds * i) / count })
    opened.holder = {
      kind: 'stream',
      channelNames: [],
      meta: undefined,
      peerAddress: '10.0.0.1',
      bytesQueued: 0,
      kick: () => {},
    }
  }
  return new LocalDirectory({ hub: createTestHub().hub, connections, clock: new FakeClock() })
}

/** A directory of one stream for each channel. */
function directoryOf(channels: readonly string[]): LocalDirectory {
  const { hub, clock } = createTestHub()
  for (const channel of channels) hub.subscribe(new RecordingHold('stream'), requestsOf(channel))
  return new LocalDirectory({ hub, connections: createTestConnections(), clock })
}
