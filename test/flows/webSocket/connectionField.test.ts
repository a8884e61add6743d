import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EchoOrigin, startEchoOrigin } from '../../conformance/webSocket/echoOrigin.ts'
import { SOCKET_ACCEPT, sendHandshake } from '../../support/frameClient.ts'
import { encodeFrame, Opcode } from '../../support/frames.ts'
import { describeFlows, type Running, startTarget } from '../../support/target.ts'

let origin: EchoOrigin
let server: Running

beforeAll(async () => {
  origin = await startEchoOrigin()
  server = await startTarget({
    routes: [`* ${origin.address}`, `*,path_beg=/untouched,no_grip ${origin.address}`],
  })
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

describeFlows('a WebSocket handshake, whatever its Connection says,', () => {
  it.each([
    ['Upgrade', '/'],
    ['keep-alive, Upgrade', '/'],
    ['close', '/'],
    [undefined, '/'],
    ['close', '/untouched'],
    [undefined, '/untouched'],
  ])('opens a WebSocket: %s on %s', async (connection, target) => {
    const client = await sendHandshake(server.port, { target, connection })
    try {
      expect((await client.answered()).split('\r\n')).toContain(`Sec-WebSocket-Accept: ${SOCKET_ACCEPT}`)
      client.send(encodeFrame(Opcode.text, 'hello'))
      expect((await client.next()).content.toString()).toBe('hello')
    } finally {
      client.destroy()
    }
  })
})
