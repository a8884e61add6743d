import { type ChildProcess, spawn } from 'node:child_process'
import { within } from './waiting.ts'

/** Children that still run, to be ended with the test process should a test forget one. */
const running = new Set<ChildProcess>()

function endChildren(): void {
  for (const child of running) child.kill('SIGTERM')
}

process.on('exit', endChildren)
// Vitest ends its workers with SIGTERM, which has no 'exit' event.
process.once('SIGTERM', () => {
  endChildren()
  process.kill(process.pid, 'SIGTERM')
})

/** A child process whose output is collected. */
export class TestProcess {
  readonly #child: ChildProcess
  readonly #exit: Promise<number | NodeJS.Signals>
  #output = ''
  hasExited = false

  constructor(command: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
    const env = { ...process.env, ...options.env }
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    running.add(child)
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString()
      })
    }
    this.#exit = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        running.delete(child)
        this.hasExited = true
        resolve(code ?? signal ?? 'SIGKILL')
      })
    })
    this.#exit.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** What it wrote to stdout and stderr so far. */
  get output(): string {
    return this.#output
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits for the end; answers the exit code or the signal that ended it. */
  exited(timeoutMs = 15_000): Promise<number | NodeJS.Signals> {
    return within(this.#exit, timeoutMs, () => `exit of process ${this.pid}; its output:\n${this.#output}`)
  }

  /** Asks it to end with SIGTERM and forces it with SIGKILL after a while. */
  async stop(patienceMs = 8000): Promise<void> {
    if (this.hasExited) return
    this.signal('SIGTERM')
    try {
      await this.exited(patienceMs)
    } catch {
      this.signal('SIGKILL')
      await this.exited()
    }
  }
}
