import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import type { OpenStream } from '../support/client.ts'
import { TestCluster } from '../support/cluster.ts'
import { Flow } from '../support/flow.ts'
import { Follower } from '../support/follower.ts'
import { ItemLoad } from '../support/itemLoad.ts'
import { itNeedsNats } from '../support/natsServer.ts'
import { startOrigin } from '../support/origin.ts'
import { describeFlows, holdfastOnly, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itLives = holdfastOnly(it, 'Pushpin has processes of another kind')

const WORKERS = 3
/** The workers that are killed one after the other; the third lives, so that there are clients whom nothing may happen to. */
const VICTIMS = [1, 2, 1, 2]
const STREAMS = 12
const FOLLOWERS = 6

const conf = {
  runner: { workers: WORKERS, drain_timeout: 1 },
  handler: { update_on_first_subscription: false, history_size: 100_000 },
}

/** One server, or the nodes of a cluster. */
interface Place {
  readonly flows: readonly Flow[]
  stop(): Promise<void>
}

async function startServer(): Promise<Place> {
  const flow = new Flow()
  flow.origin = await startOrigin()
  flow.server = await startTarget({ routes: [`* ${flow.origin.address}`], conf })
  const stop = async (): Promise<void> => {
    await flow.server.stop()
    await flow.origin.stop()
  }
  return { flows: [flow], stop }
}

async function startCluster(): Promise<Place> {
  const cluster = new TestCluster()
  await cluster.start({ conf })
  return { flows: cluster.nodes.map(({ flow }) => flow), stop: () => cluster.stop() }
}

/** The clients of a server under load: those that stay away when they are cut off, and those that come back. */
class Clients {
  readonly #flow: Flow
  streams: readonly OpenStream[] = []
  followers: readonly Follower[] = []

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** Opens them, and waits until all are subscribed. */
  async open({ plain, chain }: ItemLoad): Promise<void> {
    const path = this.#flow.origin.answer({
      headers: { 'Grip-Hold': 'stream', 'Grip-Channel': `${plain}, ${chain}` },
    })
    this.streams = await Promise.all(Array.from({ length: STREAMS }, () => this.#flow.openStream(path)))
    this.followers = Array.from({ length: FOLLOWERS }, () => new Follower(this.#flow, chain))
    await this.#flow.server.subscribed(plain, STREAMS)
    await this.#flow.server.subscribed(chain, STREAMS + FOLLOWERS)
  }

  /** Those that were cut off, as often as they were. */
  get cuts(): number {
    const gone = this.streams.filter(({ client }) => client.isClosed).length
    return this.followers.reduce((sum, { cuts }) => sum + cuts, gone)
  }

  /** Kills a worker, waits until it is there again, and answers how many clients it had. */
  async kill(worker: number): Promise<number> {
    const { workers } = await eventually('all clients are held', () => this.#settled(), 15_000)
    const had = this.#processes(worker)
    process.kill(had.at(-1) as number, 'SIGKILL')
    // A second on a machine with nothing else to do, which one that runs tests is not.
    await eventually('the worker is back', () => this.#processes(worker).length > had.length, 15_000)
    return workers[worker - 1]?.holds.stream ?? 0
  }

  /** The status of a server whose workers are all there, and to which those have come back who want to. */
  async #settled(): Promise<WorkersStatus | false> {
    const status = (await new AdminClient(this.#flow.server).get('/status')) as WorkersStatus
    const living = this.streams.filter(({ client }) => !client.isClosed).length
    return status.workers.length === WORKERS && status.holds.stream === living + FOLLOWERS && status
  }

  /** All processes of a worker that have ever started. */
  #processes(worker: number): number[] {
    const lines = this.#flow.server
      .logs()
      .matchAll(new RegExp(`worker ${worker} started, process (\\d+)`, 'g'))
    return [...lines].map(([, pid]) => Number(pid))
  }
}

interface WorkersStatus {
  readonly holds: { readonly stream: number }
  readonly workers: readonly { readonly holds: { readonly stream: number } }[]
}

describe.each([
  ['a server', startServer, itLives],
  ['the nodes of a cluster', startCluster, itNeedsNats(itLives)],
] as const)('workers of %s', (_name, start, itIsTested) => {
  let place: Place
  beforeAll(async () => {
    place = await start()
  }, 40_000)
  afterAll(() => place.stop(), 30_000)

  describeFlows('that are killed again and again while items are published', () => {
    itIsTested(
      'cost their own clients only, no item of any other, and none of those that come back',
      async () => {
        const load = new ItemLoad(place.flows)
        const all = place.flows.map((flow) => new Clients(flow))
        for (const clients of all) await clients.open(load)
        load.start()
        let lost = 0
        for (const victim of VICTIMS) for (const clients of all) lost += await clients.kill(victim)
        expect(lost).toBeGreaterThan(0)
        await load.stop()

        const whole = load.published.map((text) => `${text} ${text}.`).join('')
        for (const { streams, followers } of all) {
          const living = streams.filter(({ client }) => !client.isClosed)
          expect(living.length).toBeGreaterThan(0)
          for (const stream of living)
            expect(await stream.untilLength(whole.length).then(() => stream.text)).toBe(whole)
          for (const { text } of streams) expect(whole.startsWith(text)).toBe(true)
          for (const follower of followers) {
            await follower.done
            expect(follower.items).toEqual(load.published)
          }
        }
        expect(all.reduce((sum, { cuts }) => sum + cuts, 0)).toBe(lost)
      },
      120_000,
    )
  })
})
