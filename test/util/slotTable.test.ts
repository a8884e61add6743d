import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlotTable, type Slotted } from '../../src/util/slotTable.ts'

interface Named extends Slotted {
  readonly name: string
}

const named = (name: string): Named => ({ slot: -1, name })
const all = { from: 0, maxItems: 100, maxSlots: 100, accepts: () => true }

function createTable(...names: readonly string[]) {
  const table = new SlotTable<Named>()
  const items = names.map(named)
  for (const item of items) table.add(item)
  return { table, items }
}

describe('a slot table', () => {
  it('finds its items by slot and counts them', () => {
    const { table, items } = createTable('a', 'b')
    expect(items.map(({ slot }) => table.get(slot))).toEqual(items)
    expect([table.size, table.capacity]).toEqual([2, 2])
  })

  it('gives a free slot to the next item', () => {
    const { table, items } = createTable('a', 'b', 'c')
    const [, second] = items
    expect(table.delete(second!)).toBe(true)
    const late = named('late')
    table.add(late)
    expect(late.slot).toBe(1)
    expect(second!.slot).toBe(-1)
    expect(table.capacity).toBe(3)
  })

  it('takes an item out once', () => {
    const { table, items } = createTable('a')
    expect(table.delete(items[0]!)).toBe(true)
    expect(table.delete(items[0]!)).toBe(false)
    expect(table.size).toBe(0)
  })

  it('goes on where a full page ended', () => {
    const { table } = createTable('a', 'b', 'c')
    const first = table.page({ ...all, maxItems: 2 })
    expect(first.items.map(({ name }) => name)).toEqual(['a', 'b'])
    const second = table.page({ ...all, from: first.next! })
    expect(second.items.map(({ name }) => name)).toEqual(['c'])
    expect(second.next).toBeUndefined()
  })

  it('looks at no more slots than it may, and then says where to go on', () => {
    const { table } = createTable('a', 'b', 'c', 'd')
    const page = table.page({ ...all, maxSlots: 3, accepts: ({ name }) => name === 'd' })
    expect(page).toEqual({ items: [], next: 3 })
  })

  it('shows what stays in it exactly once, whatever comes and goes between the pages', () => {
    const change = fc.record({ add: fc.nat(3), deleteAt: fc.array(fc.nat(50), { maxLength: 3 }) })
    fc.assert(
      fc.property(fc.nat(30), fc.array(change, { maxLength: 40 }), (count, changes) => {
        const { table, items } = createTable(...Array.from({ length: count }, (_, i) => `stays ${i}`))
        const comers: Named[] = []
        const seen: string[] = []
        let next: number | undefined = 0
        for (const { add, deleteAt } of [...changes, ...new Array(40).fill({ add: 0, deleteAt: [] })]) {
          if (next === undefined) break
          const page: { items: readonly Named[]; next: number | undefined } = table.page({
            ...all,
            from: next,
            maxItems: 2,
          })
          seen.push(...page.items.map(({ name }) => name).filter((name) => name.startsWith('stays')))
          next = page.next
          for (let i = 0; i < add; i++) {
            const comer = named('comer')
            comers.push(comer)
            table.add(comer)
          }
          for (const at of deleteAt) {
            const gone = comers[at]
            if (gone !== undefined) table.delete(gone)
          }
        }
        expect(seen.filter((name, i) => seen.indexOf(name) !== i)).toEqual([])
        if (next === undefined) expect(new Set(seen)).toEqual(new Set(items.map(({ name }) => name)))
      }),
    )
  })
})
