import { Agent, createServer, get, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { describeFlows, holdfastOnly, type Running, startTarget } from '../support/target.ts'

const CLIENTS = 200
/** 20,000 take a minute on two cores; `HOLDFAST_RACE_ITEMS=20000` runs them all. */
const ITEMS = Number(process.env['HOLDFAST_RACE_ITEMS'] ?? 2000)
/** Items of one call, at most: the polls that each call answers race with those that are on their way. */
const ITEMS_PER_CALL = 40
/** Share of the calls after which the clients may catch up. */
const CATCHING_UP = 0.2
/** Share of the polls that an origin leaves to the history though it knows better. */
const TRUSTING = 0.3
/** A client that waits for an item that was published already waits for the end of its long poll, and fails the test. */
const POLL_SECONDS = 55
const CATCH_UP_MS = 20_000

/** What a client has, and how it came. */
interface Seen {
  last: number
  fault: string | undefined
  /** Answers by an item that was published while the poll was held. */
  byHold: number
  /** Answers by the origin. */
  byOrigin: number
}

/** An origin that knows the log of items 1, 2, 3, ...: `/poll?last=N` is answered with what follows N, or held. */
class LogOrigin {
  newest = 0
  /** Whether it leaves some polls to the proxy's history until it is asked again. */
  trustsHistory = false
  readonly #server: Server

  constructor() {
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
      const asked = [incoming.headers['grip-last']].flat()[0]
      const last = Number(asked?.split('last-id=')[1] ?? incoming.url?.split('last=')[1])
      const isTrusting = this.trustsHistory && asked === undefined && Math.random() < TRUSTING
      if (last < this.newest && !isTrusting) {
        const missing = Array.from({ length: this.newest - last }, (_, i) => last + 1 + i)
        response.end(`origin,${missing.join(',')}`)
        return
      }
      response.setHeader('Grip-Hold', 'response')
      response.setHeader('Grip-Channel', `race; prev-id=${last}`)
      response.setHeader('Grip-Timeout', POLL_SECONDS)
      response.end('timeout')
    })
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await new Promise((resolve) => this.#server.once('listening', resolve))
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

/** Polls again and again until it has all items, or something is wrong. */
async function pollAll(port: number, agent: Agent, seen: Seen): Promise<void> {
  while (seen.last < ITEMS && seen.fault === undefined) {
    const { status, text } = await read(
      get({ port, agent, host: '127.0.0.1', path: `/poll?last=${seen.last}` }),
    )
    if (status !== 200) seen.fault = `status ${status} after item ${seen.last}: ${text}`
    else take(text, seen)
  }
}

function take(text: string, seen: Seen): void {
  const [from, ...numbers] = text.split(',')
  if (from === 'timeout') seen.fault = `nothing came after item ${seen.last}`
  else if (from === 'hold') seen.byHold++
  else seen.byOrigin++
  for (const number of numbers.map(Number)) {
    if (number !== seen.last + 1) seen.fault ??= `item ${number} came after item ${seen.last}`
    seen.last = number
  }
}

/**
 * Publishes call after call as fast as they are taken; the origin knows each item before. At times it lets the clients
 * catch up, so that all of them are held, or about to be, when it goes on.
 */
async function publishAll(port: number, clients: readonly Seen[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (origin.newest < ITEMS) {
    const count = Math.min(1 + Math.floor(Math.random() * ITEMS_PER_CALL), ITEMS - origin.newest)
    const items = Array.from({ length: count }, (_, i) => itemOf(origin.newest + 1 + i))
    origin.newest += count
    const post = request({ port, agent, host: '127.0.0.1', method: 'POST', path: '/publish/' })
    post.end(JSON.stringify({ items }))
    const { status, text } = await read(post)
    if (status !== 200) throw new Error(`publish refused: ${status} ${text}`)
    if (Math.random() < CATCHING_UP) await caughtUp(clients)
  }
  agent.destroy()
}

async function caughtUp(clients: readonly Seen[]): Promise<void> {
  const isBehind = ({ last, fault }: Seen) => last < origin.newest && fault === undefined
  const deadline = performance.now() + CATCH_UP_MS
  while (clients.some(isBehind) && performance.now() < deadline) await new Promise(setImmediate)
}

function itemOf(number: number): Record<string, unknown> {
  return {
    channel: 'race',
    id: String(number),
    'prev-id': String(number - 1),
    formats: { 'http-response': { body: `hold,${number}` } },
  }
}

async function read(sent: ReturnType<typeof get>): Promise<{ status: number; text: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject)
  })
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode!, text }
}

let server: Running | undefined
const origin = new LogOrigin()

afterEach(async () => {
  await server?.stop()
  server = undefined
  await origin.stop()
})

describeFlows('200 clients that poll in a tight loop while items are published at full speed', () => {
  holdfastOnly(it, 'Pushpin knows no history').each([
    ['from the history where it reaches', 100],
    ['from the origin, without a history', 0],
  ])(
    `each get all ${ITEMS} once and in order, what they missed %s`,
    async (_name, historySize) => {
      origin.newest = 0
      origin.trustsHistory = historySize > 0
      const address = await origin.start()
      server = await startTarget({
        routes: [`* ${address}`],
        conf: { handler: { history_size: historySize } },
      })
      const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
      const clients = Array.from(
        { length: CLIENTS },
        (): Seen => ({ last: 0, fault: undefined, byHold: 0, byOrigin: 0 }),
      )
      const startMs = performance.now()
      const polling = clients.map((seen) => pollAll(server!.port, agent, seen))
      await publishAll(server.controlPort, clients)
      const publishedMs = performance.now() - startMs
      await caughtUp(clients)
      const total = (key: 'byHold' | 'byOrigin') => clients.reduce((sum, seen) => sum + seen[key], 0)
      console.info(
        `${ITEMS} items in ${Math.round(publishedMs)} ms, answers by a hold ${total('byHold')}, by the origin ${total('byOrigin')}`,
      )
      expect(clients.filter(({ last, fault }) => last !== ITEMS || fault !== undefined)).toEqual([])
      expect(total('byHold')).toBeGreaterThan(CLIENTS)
      await Promise.all(polling)
      agent.destroy()
    },
    180_000,
  )
})
