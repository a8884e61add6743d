import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Running, startTarget } from '../../support/target.ts'
import { closing } from './cases/closing.ts'
import { contents, negotiation } from './cases/compression.ts'
import { pings, reservedBits, reservedOpcodes } from './cases/controlFrames.ts'
import { fragmentation } from './cases/fragmentation.ts'
import { fragmenting, framing } from './cases/messages.ts'
import { utf8 } from './cases/utf8.ts'
import { playCompressed } from './compressionPlayer.ts'
import { type EchoOrigin, startEchoOrigin } from './echoOrigin.ts'
import { play } from './player.ts'
import type { Scenario } from './scenario.ts'

let origin: EchoOrigin
let server: Running

beforeAll(async () => {
  origin = await startEchoOrigin()
  server = await startTarget({
    routes: [`* ${origin.address}`],
    conf: { runner: { allow_compression: true } },
  })
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

/** RFC 7692, in the sections of the Autobahn suite, through the whole proxy. */
describe.each([
  ['12, compressed messages', contents],
  ['13, offers', negotiation],
])('WebSocket conformance, section %s', (_, cases) => {
  it.each(cases)('$id: $title', (scenario) => playCompressed(server.port, scenario))
})

/** RSV1 means compression then, and what it marks in case 3.4 is no compressed data. */
const bitsWithMeaning = reservedBits.map((scenario): Scenario => {
  return scenario.id === '3.4' ? { ...scenario, end: [1007] } : scenario
})

/** A client that may compress need not. RFC 7692 §6. */
describe.each([
  ['1, framing', framing],
  ['2, pings and pongs', pings],
  ['3, reserved bits', bitsWithMeaning],
  ['4, opcodes', reservedOpcodes],
  ['5, fragmentation', fragmentation],
  ['6, UTF-8', utf8],
  ['7, closing', closing],
  ['10, automatic fragmentation', fragmenting],
])('WebSocket conformance with compression agreed on, section %s', (_, scenarios) => {
  const fields = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n'
  it.each(scenarios)('$id: $title', (scenario) => play(server.port, scenario, fields))
})
