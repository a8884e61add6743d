import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Flow } from '../support/flow.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { describeFlows, holdfastOnly, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itIsWatched = holdfastOnly(it, 'Pushpin cannot be made to fail')
const nodeArgs = ['--import', fileURLToPath(new URL('../support/faultOnSignal.mjs', import.meta.url))]
let flow: Flow

beforeEach(async () => {
  flow = new Flow()
  flow.origin = await startOrigin()
})
afterEach(async () => {
  await flow.server.stop()
  await flow.origin.stop()
})

async function start(workers: number): Promise<void> {
  flow.server = await startTarget({
    routes: [`* ${flow.origin.address}`],
    conf: { runner: { drain_timeout: 2, workers } },
    nodeArgs,
  })
}

/** The processes of all workers that were ever started. */
function workerPids(): number[] {
  return [...flow.server.logs().matchAll(/worker \d+ started, process (\d+)/g)].map(([, pid]) => Number(pid))
}

describeFlows('a fault in the program', () => {
  itIsWatched.each([
    ['SIGWINCH', 'uncaught error', 'the program is at fault', 'faultOnSignal.mjs'],
    ['SIGPWR', 'rejection that nobody waits for', 'nobody waits for this', 'rejectHere'],
  ] as const)(
    'is logged with its place, lets the clients go, and ends the process with 1 (%s)',
    async (signal, kind, message, step) => {
      await start(0)
      const { stream } = await flow.heldStream({ body: 'hello\n' })
      const { poll } = await flow.heldPoll({ status: 202, body: 'ask again\n' })
      flow.server.signal(signal)
      expect(await stream.ended()).toEqual({ complete: true, text: 'hello\n' })
      expect((await poll.answer()).status).toBe(202)
      expect(await flow.server.exited()).toBe(1)
      const logs = flow.server.logs()
      expect(logs).toContain(kind)
      expect(logs).toContain(message)
      expect(logs).toContain(step)
    },
  )

  itIsWatched('in a worker lets its clients go, and another takes its place', async () => {
    await start(2)
    const channel = uniqueName('channel')
    const held = await Promise.all(
      Array.from({ length: 8 }, () => flow.heldStream({ body: 'hello\n' }, { channel })),
    )
    const [victim] = workerPids()
    process.kill(victim as number, 'SIGWINCH')
    const ends = held.map(({ stream }) => stream.ended())
    expect((await Promise.race(ends)).complete).toBe(true)
    await eventually('a third worker', () => workerPids().length === 3, 8000)
    expect((await flow.answered({ body: 'served' })).text).toBe('served')
  })
})

describeFlows('a server with workers that is told to stop', () => {
  itIsWatched('does not wait for ever for one that hangs', async () => {
    await start(2)
    const [hanging] = workerPids()
    process.kill(hanging as number, 'SIGSTOP')
    flow.server.signal('SIGTERM')
    expect(await flow.server.exited(15_000)).toBe(0)
    expect(flow.server.logs()).toContain('is killed')
  })
})
