import { describe, expect, it } from 'vitest'
import { NamedDirectory } from '../../../src/cluster/nats/namedDirectory.ts'
import { encodeData } from '../../../src/cluster/workers/frameData.ts'
import { createCrowdedDirectory } from '../../support/manyConnections.ts'

const everybody = { channel: undefined, route: undefined, meta: [] }

describe('what a node tells of its connections', () => {
  const own = createCrowdedDirectory(100)

  it('says what the node is called', async () => {
    const named = new NamedDirectory(own, { name: 'a', maxMessageBytes: () => 1_000_000 })
    const { items } = await named.connections(everybody, { cursor: undefined, limit: 10 })
    expect(items.map(({ node }) => node)).toEqual(Array.from({ length: 10 }, () => 'a'))
    expect((await named.connection(items[0]!.id))?.node).toBe('a')
  })

  it('is no larger than a message, and goes on where it ended', async () => {
    const named = new NamedDirectory(own, { name: 'a', maxMessageBytes: () => 5000 })
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await named.connections(everybody, { cursor, limit: 100 })
      expect(encodeData(page).length).toBeLessThan(4000)
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== undefined)
    expect([ids.length, new Set(ids).size]).toEqual([100, 100])
  })
})
