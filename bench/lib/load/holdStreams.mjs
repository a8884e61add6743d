/** Fills a server with stream or WebSocket clients and says what each took: CPU to take it, memory to keep it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMicros, Meter } from './meter.mjs'
import { protocols, StreamClients } from './streams.mjs'

const SETTLE_MS = 1_000

/** A fresh process takes the first of this many with code that is not compiled yet. */
const COLD_CLIENTS = 3_000

/** Measures the fill alone: `clients` streams, or WebSockets where `protocol` says so, with `inflight` connects under way, then a pause, then their memory. */
export async function holdStreams({ port, roots, clients, inflight, protocol: name = 'stream' }) {
  const meter = new Meter(roots)
  const protocol = protocols[name]
  const group = new StreamClients({ port, protocol, pathOf: () => protocol.path('bench'), payloadBytes: 0 })
  const bytesBefore = meter.residentBytes()
  const warmMeter = new Meter(roots)
  meter.start()
  await group.fill({ count: Math.min(clients, COLD_CLIENTS), inflight })
  const coldHeld = group.counts.held
  warmMeter.start()
  await group.fill({ count: clients, inflight })
  const fill = meter.stop()
  const warmFill = warmMeter.stop()
  await sleep(SETTLE_MS)
  const { held, hung, bad, refused, untried, ended } = group.counts
  return {
    ...fill,
    ...group.counts,
    notHeld: hung + bad + refused + untried + ended,
    takeCpuUs: cpuMicros(fill, held),
    warmTakeCpuUs: cpuMicros(warmFill, held - coldHeld),
    takesPerSec: held / fill.secs,
    bytesPerConnection: held > 0 ? (meter.residentBytes() - bytesBefore) / held : undefined,
  }
}
