import { afterEach, describe, expect, it } from 'vitest'
import * as zeroMq from 'zeromq'
import type { HoldDirectory } from '../../src/edges/directory.ts'
import { HoldfastError } from '../../src/errors.ts'
import { openCommandSocket } from '../../src/ingress/commandSocket/commandSocket.ts'
import { createCommands } from '../../src/ingress/commands.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { encodeTnetstring } from '../../src/util/tnetstring.ts'
import { FakeClock } from '../support/fakeClock.ts'
import { LinesLog } from '../support/linesLog.ts'
import { eventually } from '../support/waiting.ts'
import { Commander, freeSpecs } from '../support/zeroMq.ts'
import { FakeBus } from './support.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A command socket with everything around it, and a program that asks it. */
async function start(directory: Partial<HoldDirectory> = {}) {
  const bus = new FakeBus()
  const log = new LinesLog()
  const counts = createCounters().received.command
  const { command: spec } = await freeSpecs()
  const none = { has: async () => false, refresh: async () => false }
  const commands = createCommands({ bus, recover: () => {}, directory: { ...none, ...directory } })
  const options = { spec, ipcFileMode: undefined, commands, uris: {}, counts, clock: new FakeClock(), log }
  const socket = await openCommandSocket(zeroMq, options)
  const commander = new Commander(spec)
  closing.push(() => commander.close())
  closing.push(() => socket.close())
  return { bus, log, counts, commander, socket }
}

const item = (channel: string) => ({ channel, 'http-stream': { content: 'x' } })
const SUCCESS = { success: true, value: null }

describe('the command socket', () => {
  it('answers a publish when the items are taken', async () => {
    const { bus, commander, counts } = await start()
    bus.isHeld = true
    const asked = commander.call('publish', { items: [item('a'), item('b')] })
    await eventually('the call', () => bus.batches.length === 1)
    expect(counts.accepted).toBe(0)
    bus.releaseBackwards()
    expect(await asked).toEqual(SUCCESS)
    expect(bus.channels).toEqual(['a', 'b'])
    expect(counts).toEqual({ accepted: 2, invalid: 0, unavailable: 0 })
  })

  it('says of items that cannot be taken that they may be sent again', async () => {
    const { bus, commander, counts } = await start()
    bus.failure = new HoldfastError('BUS_UNAVAILABLE', 'the bus is away')
    expect(await commander.call('publish', { items: [item('a')] })).toEqual({
      success: false,
      condition: 'service-unavailable',
      value: 'the bus is away',
    })
    expect(counts).toEqual({ accepted: 0, invalid: 0, unavailable: 1 })
  })

  it('says nothing to others of its own faults, and all of them to the log', async () => {
    const { bus, commander, log } = await start()
    bus.failure = new Error('secret')
    expect(await commander.call('publish', { items: [item('a')] })).toEqual({
      success: false,
      condition: 'internal-error',
    })
    expect(log.lines).toContain('error command socket: a request failed')
  })

  it('counts items that cannot be understood', async () => {
    const { commander, counts } = await start()
    expect(await commander.call('publish', { items: [{}] })).toMatchObject({ condition: 'bad-request' })
    expect(counts.invalid).toBe(1)
  })

  it('works on a hundred requests at a time, and on the others then', async () => {
    const { bus, commander } = await start()
    bus.isHeld = true
    for (let i = 0; i < 120; i++) {
      await commander.send('', encodeTnetstring({ method: 'publish', args: { items: [] } }))
    }
    await eventually('a hundred calls', () => bus.batches.length >= 100)
    bus.releaseBackwards()
    for (let i = 0; i < 120; i++) expect(await commander.reply()).toEqual(SUCCESS)
    expect(bus.batches).toHaveLength(120)
  })

  it('answers what it was asked before it closes', async () => {
    const { bus, commander, socket } = await start()
    bus.isHeld = true
    const asked = commander.call('publish', { items: [item('a')] })
    await eventually('the call', () => bus.batches.length === 1)
    const closed = socket.close()
    bus.releaseBackwards()
    expect(await asked).toEqual(SUCCESS)
    await closed
  })

  it('tells which connections are there', async () => {
    const { commander } = await start({ has: async (id) => id.startsWith('here') })
    expect(await commander.call('conncheck', { ids: ['here-1', 'gone', 'here-2'] })).toEqual({
      success: true,
      value: ['here-1', 'here-2'],
    })
    expect(await commander.call('conncheck', { ids: [1] })).toMatchObject({
      condition: 'bad-request',
      value: 'ids contains element with wrong type',
    })
  })

  it('refreshes a channel without a place in its chain', async () => {
    const { bus, commander } = await start()
    expect(await commander.call('refresh', { channel: 'c' })).toEqual(SUCCESS)
    expect(bus.batches.flat()).toMatchObject([
      { channel: 'c', noSeq: true, id: undefined, webSocketMessage: { action: 'refresh' } },
    ])
  })

  it('takes cid before channel', async () => {
    const { bus, commander } = await start({ refresh: async (id) => id === 'known' })
    expect(await commander.call('refresh', { cid: 'known', channel: 'c' })).toEqual(SUCCESS)
    expect(await commander.call('refresh', { cid: 'other', channel: 'c' })).toMatchObject({
      condition: 'item-not-found',
    })
    expect(bus.batches).toEqual([])
  })
})
