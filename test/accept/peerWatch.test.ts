import type { Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { PeerWatch } from '../../src/accept/peerWatch.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { LinesLog } from '../support/linesLog.ts'
import { startTcpOrigin } from '../support/origin.ts'
import { connect } from '../support/rawClient.ts'
import { eventually } from '../support/waiting.ts'

const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** Connects two clients; the system's table says of the first what `repeats` answers at each look. */
async function watchTwo(repeats: (look: number) => string) {
  const connections: Socket[] = []
  const server = await startTcpOrigin((socket) => connections.push(socket))
  const clients = [await connect(server.port), await connect(server.port)]
  await eventually('two connections', () => connections.length === 2)
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  const suspect = connections.find((socket) => socket.remotePort === clients[0]!.socket.localPort)!
  const counters = createCounters()
  const log = new LinesLog()
  const state = { looks: 0 }
  async function* read(): AsyncGenerator<string> {
    const ends = `0100007F:${hex(server.port)} 0100007F:${hex(suspect.remotePort!)}`
    yield `1: ${ends} 01 00000010:00000000 01:00000014 ${repeats(++state.looks)} 0 0 1 1`
  }
  const watch = new PeerWatch(
    { localPort: server.port, connections: () => connections, log, counters },
    { lookMs: 2, read },
  )
  stops.push(
    () => server.stop(),
    () => watch.stop(),
  )
  return { clients, counters, log, state }
}

it('closes the connection of a client that stays silent, names the reason and leaves others alone', async () => {
  const { clients, counters, log } = await watchTwo(() => '00000009')
  await clients[0]!.closed()
  expect(counters.closed['silent-client']).toBe(1)
  expect(log.lines).toEqual(['warn closed 127.0.0.1: silent-client: what it was sent is not acknowledged'])
  expect(clients[1]!.isClosed).toBe(false)
})

it('leaves a client alone that answers now and then', async () => {
  const { clients, counters, state } = await watchTwo((look) => (look % 4 === 0 ? '00000000' : '00000009'))
  await eventually('twenty looks', () => state.looks > 20)
  expect(counters.closed['silent-client']).toBe(0)
  expect(clients[0]!.isClosed).toBe(false)
})
