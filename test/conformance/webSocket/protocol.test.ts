import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Running, startTarget } from '../../support/target.ts'
import { closing } from './cases/closing.ts'
import { pings, reservedBits, reservedOpcodes } from './cases/controlFrames.ts'
import { fragmentation } from './cases/fragmentation.ts'
import { fragmenting, framing, limits } from './cases/messages.ts'
import { utf8 } from './cases/utf8.ts'
import { type EchoOrigin, startEchoOrigin } from './echoOrigin.ts'
import { play } from './player.ts'

let origin: EchoOrigin
let server: Running

beforeAll(async () => {
  origin = await startEchoOrigin()
  server = await startTarget({ routes: [`* ${origin.address}`] })
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

/** RFC 6455, in the sections of the Autobahn suite, through the whole proxy. */
describe.each([
  ['1, framing', framing],
  ['2, pings and pongs', pings],
  ['3, reserved bits', reservedBits],
  ['4, opcodes', reservedOpcodes],
  ['5, fragmentation', fragmentation],
  ['6, UTF-8', utf8],
  ['7, closing', closing],
  ['9, limits', limits],
  ['10, automatic fragmentation', fragmenting],
])('WebSocket conformance, section %s', (_, scenarios) => {
  it.each(scenarios)('$id: $title', (scenario) => play(server.port, scenario))
})
