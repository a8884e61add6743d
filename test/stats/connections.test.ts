import { describe, expect, it } from 'vitest'
import { createTestConnections, openTestConnection } from '../support/connections.ts'

describe('the table of connections', () => {
  it('finds a connection by the id that it makes', () => {
    const table = createTestConnections()
    const connection = openTestConnection(table)
    const id = table.idOf(connection)
    expect(id).toMatch(/^test-0-1$/)
    expect(table.find(id)).toBe(connection)
  })

  it('finds a WebSocket by the id that its origin was given', () => {
    const table = createTestConnections()
    const connection = openTestConnection(table, { kind: 'ws', givenId: 'a-uuid-of-it' })
    expect(table.idOf(connection)).toBe('a-uuid-of-it')
    expect(table.find('a-uuid-of-it')).toBe(connection)
    table.close(connection)
    expect(table.find('a-uuid-of-it')).toBeUndefined()
  })

  it('does not take a later connection for an earlier one that had its slot', () => {
    const table = createTestConnections()
    const first = openTestConnection(table)
    const id = table.idOf(first)
    table.close(first)
    const second = openTestConnection(table)
    expect(second.slot).toBe(0)
    expect(table.find(id)).toBeUndefined()
    expect(table.idOf(second)).not.toBe(id)
  })

  it.each(['', 'test', 'test-0', 'test-0-1-1', 'other-0-1', 'test-00-1', 'test-x-1', 'test-9-1', 'test--1'])(
    'finds nothing by %j',
    (id) => {
      const table = createTestConnections()
      openTestConnection(table)
      expect(table.find(id)).toBeUndefined()
    },
  )

  it('tells a watcher of each beginning and of each end once, while the id is known', () => {
    const table = createTestConnections()
    const events: string[] = []
    table.watcher = {
      onOpened: (connection) => events.push(`opened ${table.idOf(connection)}`),
      onClosed: (connection) => events.push(`closed ${table.idOf(connection)}`),
    }
    const connection = openTestConnection(table)
    table.close(connection)
    table.close(connection)
    expect(events).toEqual(['opened test-0-1', 'closed test-0-1'])
    expect(table.slots.size).toBe(0)
  })

  it('sums what waits for clients that are behind', () => {
    const table = createTestConnections()
    const holder = {
      kind: 'stream',
      channelNames: [],
      meta: undefined,
      peerAddress: '',
      kick: () => {},
    } as const
    const [slow, quick] = [openTestConnection(table), openTestConnection(table)]
    slow.holder = { ...holder, bytesQueued: 30 }
    quick.holder = { ...holder, bytesQueued: 12 }
    table.behind.add(slow).add(quick)
    expect(table.bytesQueued()).toBe(42)
    table.close(slow)
    expect(table.bytesQueued()).toBe(12)
  })
})
