import { describe, expect, it } from 'vitest'
import { LocalDirectory } from '../../src/cluster/localDirectory.ts'
import type { Holder } from '../../src/stats/connections.ts'
import { createTestHub, RecordingHold, requestsOf } from '../hub/support.ts'
import { createTestConnections, openTestConnection } from '../support/connections.ts'

/** A directory with holds that the test makes. */
function createDirectory() {
  const { hub, clock } = createTestHub()
  const connections = createTestConnections()
  const directory = new LocalDirectory({ hub, connections, clock })
  const kicked: string[] = []
  let count = 0
  const hold = (
    channels: readonly string[],
    meta?: Record<string, string>,
    kind: Holder['kind'] = 'stream',
  ) => {
    const connection = openTestConnection(connections, { nowMs: clock.now(), routeId: `r${count++ % 2}` })
    const recording = Object.assign(new RecordingHold(kind), { connection })
    const { subscriptions } = hub.subscribe(recording, requestsOf(...channels))
    connection.holder = {
      kind,
      channelNames: channels,
      meta,
      peerAddress: '192.0.2.1',
      bytesQueued: 0,
      kick: () => kicked.push(connections.idOf(connection)),
    }
    return {
      id: connections.idOf(connection),
      end: () => {
        hub.unsubscribe(subscriptions)
        connections.close(connection)
      },
    }
  }
  return { directory, hold, clock, connections, kicked }
}

const everybody = { channel: undefined, route: undefined, meta: [] }
const firstPage = { cursor: undefined, limit: 100 }

describe('the directory of a process', () => {
  it('says of a connection what its hold says, and how old it is', async () => {
    const { directory, hold, clock } = createDirectory()
    const { id } = hold(['a', 'b'], { user: 'ann' })
    clock.advance(12_340)
    expect(await directory.connection(id)).toEqual({
      id,
      kind: 'stream',
      route: 'r0',
      channels: ['a', 'b'],
      meta: { user: 'ann' },
      peer: '192.0.2.1',
      openedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      ageSeconds: 12.3,
      bytesQueued: 0,
      subscriptions: [{ channel: 'a' }, { channel: 'b' }],
    })
  })

  it('does not list a request that nobody holds yet', async () => {
    const { directory, connections } = createDirectory()
    const asking = openTestConnection(connections)
    const id = connections.idOf(asking)
    expect((await directory.connections(everybody, firstPage)).items).toEqual([])
    expect(await directory.connection(id)).toBeUndefined()
    expect(await directory.kick(id)).toBe(false)
    expect(await directory.has(id)).toBe(true)
  })

  it('kicks whom the id names', async () => {
    const { directory, hold, kicked } = createDirectory()
    hold(['a'])
    const { id } = hold(['a'])
    expect(await directory.kick(id)).toBe(true)
    expect(kicked).toEqual([id])
    expect(await directory.kick('nobody')).toBe(false)
  })

  it.each([10, 3000])(
    'lists the %d holders of a channel page by page, each once, while others come and go',
    async (holders) => {
      const { directory, hold } = createDirectory()
      const ids = new Set(Array.from({ length: holders }, () => [hold(['c']), hold(['other'])][0]!.id))
      const comers = Array.from({ length: 20 }, () => hold(['c']))
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await directory.connections({ ...everybody, channel: 'c' }, { cursor, limit: 7 })
        seen.push(...page.items.map(({ id }) => id).filter((id) => ids.has(id)))
        comers.pop()?.end()
        hold(['c'])
        cursor = page.next
      } while (cursor !== undefined)
      expect(seen.length).toBe(holders)
      expect(new Set(seen)).toEqual(ids)
    },
  )

  it('looks for meta that the origin has set, and for nothing that objects have of themselves', async () => {
    const { directory, hold } = createDirectory()
    const { id } = hold(['c'], { user: 'ann' })
    hold(['c'])
    const find = async (name: string, value: string) => {
      const page = await directory.connections({ ...everybody, meta: [[name, value]] }, firstPage)
      return page.items.map((found) => found.id)
    }
    expect(await find('user', 'ann')).toEqual([id])
    expect(await find('user', 'bob')).toEqual([])
    expect(await find('constructor', 'undefined')).toEqual([])
  })

  it('answers a page of 100,000 connections whose filter fits none, and where to go on', async () => {
    const { directory, connections } = createDirectory()
    for (let i = 0; i < 100_001; i++) openTestConnection(connections)
    const page = await directory.connections({ ...everybody, route: 'none' }, firstPage)
    expect(page).toEqual({ items: [], next: '100000' })
    const rest = await directory.connections(
      { ...everybody, route: 'none' },
      { cursor: page.next, limit: 100 },
    )
    expect(rest).toEqual({ items: [], next: undefined })
  })

  it('lists channels that are held by their beginning', async () => {
    const { directory, hold } = createDirectory()
    const { end } = hold(['room-1', 'room-2', 'else'])
    hold(['room-2'], undefined, 'socket')
    end()
    expect(await directory.channels({ prefix: 'room-' }, firstPage)).toEqual({
      items: [{ name: 'room-2', holders: { response: 0, stream: 0, socket: 1 } }],
      next: undefined,
    })
    expect(await directory.channel('room-1')).toBeUndefined()
  })
})
