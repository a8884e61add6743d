import { afterEach, beforeEach, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import type { OpenStream } from '../support/client.ts'
import { Flow } from '../support/flow.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { chained, publishCounted, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itWorks = holdfastOnly(it, 'Pushpin has processes of another kind')
let flow: Flow

beforeEach(async () => {
  flow = new Flow()
  flow.origin = await startOrigin()
  flow.server = await startTarget({
    routes: [`* ${flow.origin.address}`],
    conf: { runner: { workers: 3, drain_timeout: 2 } },
  })
}, 30_000)

afterEach(async () => {
  await flow.server.stop()
  await flow.origin.stop()
})

interface WorkersStatus {
  readonly holds: { readonly stream: number }
  readonly workers: readonly { readonly holds: { readonly stream: number } }[]
}

async function status(): Promise<WorkersStatus> {
  return (await new AdminClient(flow.server).get('/status')) as WorkersStatus
}

/** The processes of all workers that were ever started, by their number. */
function processes(): { number: number; pid: number }[] {
  const lines = flow.server.logs().matchAll(/worker (\d+) started, process (\d+)/g)
  return [...lines].map(([, number, pid]) => ({ number: Number(number), pid: Number(pid) }))
}

/** Opens streams on one channel. */
function openStreams(channel: string, count: number): Promise<{ stream: OpenStream }[]> {
  return Promise.all(Array.from({ length: count }, () => flow.heldStream({ body: 'hello\n' }, { channel })))
}

describeFlows('worker processes', () => {
  itWorks('share the clients, and an item reaches those of all', async () => {
    const channel = uniqueName('channel')
    const held = await openStreams(channel, 12)
    const { holds, workers } = await status()
    expect(holds.stream).toBe(12)
    expect(workers.filter((worker) => worker.holds.stream > 0).length).toBeGreaterThan(1)
    expect(await publishCounted(flow.server.controlPort, [streamItem(channel, 'news\n')])).toEqual([
      { channel, holds: 12 },
    ])
    for (const { stream } of held) await stream.until('news\n')
  })

  itWorks('keep the order of a channel for clients on each of them', async () => {
    const channel = uniqueName('channel')
    const held = await openStreams(channel, 6)
    const items = Array.from({ length: 500 }, (_, i) =>
      chained(streamItem(channel, `${i + 1}\n`), `${i + 1}`, `${i}`),
    )
    for (let i = 0; i < items.length; i += 50) await flow.publish(...items.slice(i, i + 50))
    const expected = `hello\n${items.map((_, i) => `${i + 1}\n`).join('')}`
    for (const { stream } of held) {
      await stream.until('500\n')
      expect(stream.text).toBe(expected)
    }
  })

  itWorks('that is killed costs its own clients only, and is back soon', async () => {
    const channel = uniqueName('channel')
    const held = await openStreams(channel, 12)
    const [victim] = processes()
    const lost = (await status()).workers[victim!.number - 1]!.holds.stream
    const killedMs = Date.now()
    process.kill(victim!.pid, 'SIGKILL')
    await eventually('the worker is back', () => processes().length === 4, 15_000)
    // A second on a machine with nothing else to do, which one that runs tests is not.
    expect(Date.now() - killedMs).toBeLessThan(10_000)
    const [outcome] = await publishCounted(flow.server.controlPort, [streamItem(channel, 'news\n')])
    expect(outcome?.holds).toBe(12 - lost)
    const ended = held.filter(({ stream }) => stream.client.isClosed)
    expect(ended).toHaveLength(lost)
    for (const { stream } of held) if (!stream.client.isClosed) await stream.until('news\n')
    const { stream } = await flow.heldStream()
    stream.client.destroy()
  })

  itWorks(
    'that hangs is killed, and whoever published to its clients gets an answer',
    async () => {
      const channel = uniqueName('channel')
      await openStreams(channel, 12)
      const [victim] = processes()
      process.kill(victim!.pid, 'SIGSTOP')
      const items = [streamItem(channel, 'news\n')]
      const [outcome] = await publishCounted(flow.server.controlPort, items, 25_000)
      expect(outcome?.holds).toBeLessThan(12)
      await eventually('the log says why', () =>
        flow.server.logs().includes('does not answer, and is killed'),
      )
      await eventually('another worker is there', () => processes().length === 4, 15_000)
    },
    60_000,
  )

  itWorks(
    'are listed together, page by page, and a client is kicked by its id on whichever it is',
    async () => {
      const channel = uniqueName('channel')
      const held = await openStreams(channel, 8)
      const admin = new AdminClient(flow.server)
      const ids = new Set<string>()
      let next: string | undefined = ''
      while (next !== undefined) {
        const page = (await admin.get(`/connections?limit=3${next === '' ? '' : `&cursor=${next}`}`)) as {
          connections: { id: string }[]
          next?: string
        }
        for (const { id } of page.connections) ids.add(id)
        next = page.next
      }
      expect(ids.size).toBe(8)
      for (const id of ids) await admin.request('DELETE', `/connections/${id}`)
      for (const { stream } of held) expect((await stream.ended()).complete).toBe(true)
    },
  )

  itWorks('all know new routes after a reload', async () => {
    await flow.server.setRoutes([`* ${flow.origin.address}`, 'new.test test'])
    flow.server.signal('SIGHUP')
    for (let i = 0; i < 9; i++) {
      await eventually(
        'the new route',
        async () => (await flow.get('/', { host: 'new.test' })).status === 200,
      )
    }
  })

  itWorks(
    'all read the routes anew, once, when the file is changed: the first process watches it',
    async () => {
      const reloads = (pattern: RegExp) => flow.server.logs().match(pattern)?.length ?? 0
      await flow.server.setRoutes([`* ${flow.origin.address}`, 'new.test test'])
      expect((await flow.get('/', { host: 'new.test' })).status).toBe(200)
      expect(reloads(/routes file changed, reloading$/gm)).toBe(1)
      expect(reloads(/reloading routes$/gm)).toBe(3)
    },
  )

  itWorks('let their clients go when the server is told to stop, which then exits with 0', async () => {
    const held = await openStreams(uniqueName('channel'), 9)
    flow.server.signal('SIGTERM')
    for (const { stream } of held) expect((await stream.ended()).complete).toBe(true)
    expect(await flow.server.exited()).toBe(0)
    for (const { pid } of processes()) expect(() => process.kill(pid, 0)).toThrow()
  })
})
