import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { get } from '../support/client.ts'
import { type ConfSections, mergeConf } from '../support/confFile.ts'
import { Flow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin } from '../support/origin.ts'
import { describeFlows, expected, startTarget, target } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

/** Starts a server with metrics for one test. */
async function withMetrics(
  conf: ConfSections,
  test: (flow: Flow, port: number) => Promise<void>,
): Promise<void> {
  const port = await freePort()
  const flow = new Flow()
  flow.origin = await startOrigin()
  const own = { handler: { prometheus_port: `127.0.0.1:${port}`, stats_report_interval: 1 } }
  flow.server = await startTarget({ routes: [`* ${flow.origin.address}`], conf: mergeConf(own, conf) })
  try {
    await test(flow, port)
  } finally {
    await flow.server.stop()
    await flow.origin.stop()
  }
}

async function read(port: number): Promise<ReadonlyMap<string, number>> {
  const { text } = await get(port, '/metrics')
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

const PUSHPINS = [
  'request_received',
  'connection_connected',
  'connection_minute',
  'message_received',
  'message_sent',
]

describeFlows('metrics', () => {
  it('count as Pushpin does: requests, connections, minutes, items and deliveries', async () => {
    await withMetrics({}, async (flow, port) => {
      const before = await read(port)
      expect([...before.keys()].slice(0, 5)).toEqual(PUSHPINS)
      const { stream, channel } = await flow.heldStream()
      await flow.heldStream({}, { channel })
      await flow.server.subscribed(channel, 2)
      await flow.publish({ channel, id: '1', formats: { 'http-stream': { content: 'one' } } })
      await flow.publish({ channel, id: '1', formats: { 'http-stream': { content: 'one' } } })
      await flow.publish({ channel: 'nobody', formats: { 'http-stream': { content: 'x' } } })
      await stream.until('one')
      const grown = async () => {
        const after = await read(port)
        return PUSHPINS.map((name) => (after.get(name) ?? 0) - (before.get(name) ?? 0))
      }
      const isTold = async () => {
        const [requests = 0, , ...others] = await grown()
        // Pushpin's processes tell each other of requests once in a while, and not of all.
        return requests >= expected({ holdfast: 2, pushpin: 1 }) && others.join() === '2,2,2'
      }
      await eventually('the numbers are told', isTold)
      expect((await read(port)).get('connection_connected')).toBeGreaterThanOrEqual(2)
    })
  }, 30_000)

  it('have the prefix that is configured', async () => {
    await withMetrics({ handler: { prometheus_prefix: 'edge_' } }, async (_flow, port) => {
      const names = [...(await read(port)).keys()]
      expect(names.slice(0, 5)).toEqual(PUSHPINS.map((name) => `edge_${name}`))
    })
  }, 30_000)

  it('are answered whatever is asked', async () => {
    await withMetrics({}, async (_flow, port) => {
      const answer = await get(port, '/any/path?x', { method: 'POST', body: 'x' })
      expect(answer.status).toBe(200)
      expect(answer.header('content-type')).toBe(
        expected({ holdfast: 'text/plain; version=0.0.4; charset=utf-8', pushpin: 'text/plain' }),
      )
    })
  }, 30_000)
})

describe.runIf(target.name === 'holdfast')('metrics of holdfast', () => {
  it('stand on the control port, too', async () => {
    await withMetrics({}, async (flow) => {
      const answer = await new AdminClient(flow.server).request('GET', '/metrics')
      expect(answer.status).toBe(200)
      expect(answer.text).toContain('holdfast_holds{kind="stream"} 0\n')
    })
  })

  it('can be had on a unix socket, and by [proxy] on a port of its own', async () => {
    const proxyPort = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'metrics-'))
    const socket = join(folder, 'new/metrics.sock')
    const conf = {
      handler: { prometheus_port: `ipc://${socket}` },
      proxy: { prometheus_port: `127.0.0.1:${proxyPort}`, prometheus_prefix: 'p_' },
    }
    onTestFinished(() => rmSync(folder, { recursive: true }))
    await withMetrics(conf, async () => {
      expect((await read(proxyPort)).has('p_request_received')).toBe(true)
      expect(await getFromSocket(socket)).toContain('\nrequest_received ')
    })
  })

  it('on a port that is taken keep the server from starting', async () => {
    const taken = await startOrigin()
    const conf = { handler: { prometheus_port: `127.0.0.1:${taken.port}` } }
    await expect(startTarget({ routes: [], conf })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${taken.port} (prometheus_port in [handler]): another program listens there`,
    )
    await taken.stop()
  })
})

function getFromSocket(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/' }, (incoming) => {
      let text = ''
      incoming.on('data', (chunk) => {
        text += chunk
      })
      incoming.on('end', () => resolve(text))
    })
    call.on('error', reject)
    call.end()
  })
}
