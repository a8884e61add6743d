import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { Agent, request as requestByTls } from 'node:https'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { Flow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { startOrigin, uniqueName } from '../support/origin.ts'
import { streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itIsReplaced = holdfastOnly(it, 'Pushpin cannot be replaced while it runs')
const tlsPort = await freePort()
let flow: Flow
let agent: Agent

beforeEach(async () => {
  agent = new Agent({ ca: DEFAULT_CERTIFICATE.cert, keepAlive: false })
  flow = new Flow()
  flow.origin = await startOrigin()
})
afterEach(async () => {
  for (const pid of successors()) endProcess(pid)
  await flow.server.stop()
  await flow.origin.stop()
})

async function start(conf: Record<string, unknown> = {}): Promise<void> {
  flow.server = await startTarget({
    routes: [`* ${flow.origin.address}`],
    conf: {
      runner: {
        https_ports: `127.0.0.1:${tlsPort}`,
        local_ports: 'clients.sock',
        drain_timeout: 1,
        ...conf,
      } as never,
    },
    files: {
      [`runner/certs/default_${tlsPort}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${tlsPort}.key`]: DEFAULT_CERTIFICATE.key,
    },
  })
}

/** The processes that took the place of the first, in their order. */
function successors(): number[] {
  return [...flow.server.logs().matchAll(/process (\d+) takes the clients/g)].map(([, pid]) => Number(pid))
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function isRunning(pid: number): boolean {
  try {
    // A process that has ended and that nobody has asked for its end is none.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

type Place = 'plain' | 'tls' | 'local'

/** Sends a request on a connection of its own; answers the body, or how it failed. */
function ask(place: Place, path: string): Promise<string> {
  const send = place === 'tls' ? requestByTls : request
  const where = {
    plain: { port: flow.server.port, agent: false },
    tls: { port: tlsPort, agent },
    local: { socketPath: join(flow.server.directory, 'clients.sock'), agent: false },
  }[place]
  return new Promise((resolve) => {
    const sent = send({ host: 'localhost', path, ...where } as never, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve(text))
      response.on('error', (error) => resolve(error.message))
    })
    sent.on('error', (error) => resolve(error.message))
    sent.end()
  })
}

/** Has clients connect one after another, on each kind of port, until told to stop; answers what they were answered. */
function keepAsking(path: string): { stop(): Promise<string[]> } {
  const answers: string[] = []
  let isStopped = false
  const loop = async (place: Place): Promise<void> => {
    while (!isStopped) answers.push(await ask(place, path))
  }
  const loops = Promise.all((['plain', 'plain', 'plain', 'tls', 'local', 'local'] as const).map(loop))
  return {
    stop: async () => {
      isStopped = true
      await loops
      return answers
    },
  }
}

describeFlows('a server that gets SIGUSR2', () => {
  itIsReplaced(
    'is replaced twice while clients connect, and none is refused or broken off',
    async () => {
      await start()
      const path = flow.origin.answer({ body: 'served' })
      const asking = keepAsking(path)
      flow.server.signal('SIGUSR2')
      expect(await flow.server.exited(30_000)).toBe(0)
      const [second] = successors()
      await eventually('some requests of the second', () => isRunning(second as number))
      process.kill(second as number, 'SIGUSR2')
      await eventually('a third process', () => successors().length === 2, 20_000)
      await eventually('the second is gone', () => !isRunning(second as number), 10_000)
      const after = await Promise.all((['plain', 'tls', 'local'] as const).map((place) => ask(place, path)))
      expect(after).toEqual(['served', 'served', 'served'])
      const answers = await asking.stop()
      expect(new Set(answers)).toEqual(new Set(['served']))
      expect(answers.length).toBeGreaterThan(50)
    },
    60_000,
  )

  itIsReplaced(
    'lets its own clients go, and what is published reaches those of the new process',
    async () => {
      await start()
      const { stream } = await flow.heldStream({ body: 'hello\n' })
      flow.server.signal('SIGUSR2')
      expect(await stream.ended()).toEqual({ complete: true, text: 'hello\n' })
      expect(await flow.server.exited()).toBe(0)
      const channel = uniqueName('channel')
      const { stream: next } = await flow.heldStream({ body: 'hello\n' }, { channel })
      await flow.publish(streamItem(channel, 'news\n'))
      await next.until('news')
    },
  )

  itIsReplaced('serves on when the new process cannot start', async () => {
    await start()
    const path = flow.origin.answer({ body: 'served' })
    writeFileSync(join(flow.server.directory, 'pushpin.conf'), '[runner]\nhttp_port=none\n')
    flow.server.signal('SIGUSR2')
    await eventually('it says so', () => flow.server.logs().includes('not replaced'))
    expect(await ask('plain', path)).toBe('served')
    expect(successors()).toEqual([])
  })

  itIsReplaced('serves on with workers whose ports are not its own', async () => {
    await start({ workers: 2 })
    flow.server.signal('SIGUSR2')
    await eventually('it says so', () => flow.server.logs().includes('not replaced'))
    expect(await ask('plain', flow.origin.answer({ body: 'served' }))).toBe('served')
  })
})
