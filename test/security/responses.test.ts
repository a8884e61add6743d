import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTcpOrigin } from '../support/origin.ts'
import { connect } from '../support/rawClient.ts'
import { type Running, startTarget } from '../support/target.ts'
import { type ResponseRow, responseRows } from './responses/rows.ts'

/** How long a client may wait for the news that its answer is broken. */
const NEWS_MS = 5000

/** What must stand in no head. */
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f]/

let server: Running
let origin: Awaited<ReturnType<typeof startTcpOrigin>>
let row: ResponseRow

beforeAll(async () => {
  origin = await startTcpOrigin((socket) => socket.once('data', () => send(socket, row)))
  server = await startTarget({
    routes: [`* 127.0.0.1:${origin.port}`, `raw.test,no_grip 127.0.0.1:${origin.port}`],
  })
})

afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

function send(socket: Socket, { bytes, resets = false }: ResponseRow): void {
  socket.write(Buffer.from(bytes, 'latin1'))
  // What was sent must arrive before the reset does.
  if (resets) setTimeout(() => socket.resetAndDestroy(), 30)
  else socket.end()
}

describe.each([
  ['a route', 'grip.test'],
  ['a route without GRIP', 'raw.test'],
])('an answer over %s', (_, host) => {
  test.each(responseRows)('$name reaches the client $expects.kind', async (tested) => {
    row = tested
    const client = await connect(server.port)
    try {
      client.send(`GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      const seen = await client.outcome('GET', NEWS_MS).catch(() => undefined)
      if (tested.expects.kind === 'whole') {
        const { status, body } = tested.expects
        expect([seen?.status, seen?.complete, seen?.text]).toEqual([status, true, body])
      } else {
        const looksWhole = seen?.complete === true && seen.status < 400
        expect(client.isClosed || seen?.complete, 'the client was told').toBe(true)
        if (tested.expects.kind === 'broken') expect(looksWhole, 'it looks complete').toBe(false)
        expect(`${seen?.reason}${seen?.headers.flat().join('')}`).not.toMatch(CONTROLS)
      }
    } finally {
      client.destroy()
    }
  })
})
