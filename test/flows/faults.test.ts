import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { FaultProxy } from '../support/faultProxy.ts'
import { freePort } from '../support/freePort.ts'
import { HELD_KINDS, type HeldKind, newChannel, type Origins, startOrigins } from '../support/heldKinds.ts'
import { publish, publishCounted } from '../support/publish.ts'
import { describeFlows, holdfastOnly, type Running, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itHolds = holdfastOnly(it, 'HTTP/2, and counts of who was reached')

let origins: Origins
/** Before the server: of plain clients, and of those by TLS. */
let front: FaultProxy
let tlsFront: FaultProxy
/** Between the server and its origins. */
let behind: FaultProxy
let socketsBehind: FaultProxy
let server: Running

beforeAll(async () => {
  origins = await startOrigins()
  behind = await FaultProxy.start(origins.http.port)
  socketsBehind = await FaultProxy.start(origins.socket.port)
  const tlsPort = await freePort()
  server = await startTarget({
    routes: [
      `*,path_beg=/native 127.0.0.1:${socketsBehind.port}`,
      `*,path_beg=/http 127.0.0.1:${socketsBehind.port},over_http`,
      `* 127.0.0.1:${behind.port}`,
    ],
    conf: { runner: { https_ports: `127.0.0.1:${tlsPort}` }, proxy: { origin_timeout: 1 } },
    files: {
      [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
    },
  })
  front = await FaultProxy.start(server.port)
  tlsFront = await FaultProxy.start(tlsPort)
})

afterAll(async () => {
  for (const proxy of [front, tlsFront, behind, socketsBehind]) proxy.resetAll()
  await server?.stop()
  for (const proxy of [front, tlsFront, behind, socketsBehind]) await proxy.stop()
  await origins.http.stop()
  await origins.socket.stop()
})

/** An item for holds of every kind. */
function itemFor(channel: string, text: string): Record<string, unknown> {
  return {
    channel,
    formats: {
      'http-response': { body: text },
      'http-stream': { content: text },
      'ws-message': { content: text },
    },
  }
}

async function holdersOf(channel: string): Promise<number> {
  const [item] = await publishCounted(server.controlPort, [
    {
      channel,
      formats: {
        'http-stream': { content: '' },
        'http-response': { body: '' },
        'ws-message': { type: 'ping' },
      },
    },
  ])
  return item!.holds
}

function setFaults(faults: FaultProxy['faults'], proxies: readonly FaultProxy[]): void {
  for (const proxy of proxies) proxy.faults = faults
}

function open(kind: HeldKind, channel: string) {
  return kind.open((kind.isTls ? tlsFront : front).port, origins, channel)
}

for (const kind of HELD_KINDS) {
  describeFlows(`${kind.name}, held over a bad network,`, () => {
    describe.each([
      ['that is slow', { latencyMs: 3 }],
      ['that delivers a few bytes at a time', { slice: 7 }],
      ['that is slow and delivers a few bytes at a time', { latencyMs: 1, slice: 11 }],
    ])('%s', (_, fault) => {
      itHolds('gets everything, in order', async () => {
        const all = [front, tlsFront, behind, socketsBehind]
        setFaults({ toServer: fault, toClient: fault }, all)
        const channel = newChannel()
        const client = await open(kind, channel)
        setFaults({}, all)
        await server.subscribed(channel)
        const count = Math.min(client.items, 10)
        const texts = Array.from({ length: count }, (_item, n) => `item-${n};`)
        for (const text of texts) await publish(server, itemFor(channel, text))
        await eventually('the last item', () => client.text().includes(texts.at(-1)!), 10_000)
        expect(client.text().match(/item-\d+;/g)).toEqual(texts)
        client.leave('reset')
      })
    })

    itHolds.each(['end', 'reset'] as const)('is let go when its client leaves by %s', async (how) => {
      const channel = newChannel()
      const client = await open(kind, channel)
      await server.subscribed(channel)
      client.leave(how)
      await eventually('nobody is held', async () => (await holdersOf(channel)) === 0)
    })

    itHolds('is let go when the network breaks', async () => {
      const channel = newChannel()
      await open(kind, channel)
      await server.subscribed(channel)
      front.resetAll()
      tlsFront.resetAll()
      await eventually('nobody is held', async () => (await holdersOf(channel)) === 0)
    })

    itHolds.each([
      ['its first byte', 1],
      ['its status line', 20],
      ['its head', 60],
    ] as const)('never begins when the answer of its origin breaks off in %s', async (_, bytes) => {
      for (const how of ['reset', 'end', 'black hole'] as const) {
        behind.resetAll()
        socketsBehind.resetAll()
        setFaults({ toClient: { after: { bytes, how } } }, [behind, socketsBehind])
        const channel = newChannel()
        const client = await open(kind, channel).catch(() => undefined)
        setFaults({}, [behind, socketsBehind])
        if (client !== undefined)
          await eventually('an error', () => /Error while proxying|^$/.test(client.text()))
        expect(await holdersOf(channel)).toBe(0)
        client?.leave('reset')
      }
    })
  })
}
