import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type it } from 'vitest'
import { CutProxy } from './cutProxy.ts'
import { freePort } from './freePort.ts'
import { TestProcess } from './process.ts'
import { eventually } from './waiting.ts'

const PROGRAM = 'nats-server'

const isInstalled = spawnSync(PROGRAM, ['--version']).status === 0

/** As `describe`, for tests that need the program `nats-server`; skipped where that is not installed. */
export function describeNats(name: string, tests: () => void): void {
  if (isInstalled) describe(name, tests)
  else describe.skip(`${name} (skipped: ${PROGRAM} is not installed)`, tests)
}

/** As the given `it`, skipped where `nats-server` is not installed. */
export function itNeedsNats(test: typeof it): typeof it {
  if (isInstalled || test.skip === undefined) return test
  return ((name: string, ...rest: never[]) =>
    test.skip(`${name} (skipped: ${PROGRAM} is not installed)`, ...rest)) as unknown as typeof it
}

/** A NATS server of a test's own, with JetStream. */
export class NatsServer {
  readonly port: number
  readonly #args: readonly string[]
  #process: TestProcess
  #store: string

  private constructor(port: number, args: readonly string[]) {
    this.port = port
    this.#args = args
    this.#store = newStore()
    this.#process = this.#run()
  }

  static async start(args: readonly string[] = []): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), args)
    await server.#ready()
    return server
  }

  get address(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Puts a network that can fail before it. */
  proxy(): Promise<CutProxy> {
    return CutProxy.start(this.port)
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    this.#process.signal('SIGKILL')
    await this.#process.exited()
  }

  /** Starts it again on its port, with what it had stored. */
  async restart(): Promise<void> {
    this.#process = this.#run()
    await this.#ready()
  }

  /** Starts it again without what it had stored. */
  async restartEmpty(): Promise<void> {
    rmSync(this.#store, { recursive: true, force: true })
    this.#store = newStore()
    await this.restart()
  }

  /** Leaves its connections open, and is silent on them, until `resume`. */
  pause(): void {
    this.#process.signal('SIGSTOP')
  }

  resume(): void {
    this.#process.signal('SIGCONT')
  }

  async stop(): Promise<void> {
    this.resume()
    await this.#process.stop()
    rmSync(this.#store, { recursive: true, force: true })
  }

  #run(): TestProcess {
    const args = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.#store, ...this.#args]
    return new TestProcess(PROGRAM, args, { cwd: tmpdir() })
  }

  async #ready(): Promise<void> {
    await eventually('the NATS server is ready', () => {
      if (this.#process.hasExited) throw new Error(`nats-server ended: ${this.#process.output}`)
      return this.#process.output.includes('Server is ready')
    })
  }
}

function newStore(): string {
  return mkdtempSync(join(tmpdir(), 'nats-'))
}
