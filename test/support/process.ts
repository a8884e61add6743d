import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { eventually, within } from './waiting.ts'

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

interface ProcessOptions {
  readonly cwd: string
  /** Added to those of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Whether its own children are signalled along with it. */
  readonly isGroup?: boolean
}

/** A child process whose output is collected. */
export class TestProcess {
  readonly #child: ChildProcess
  /** Its own children are signalled along with it. */
  readonly #isGroup: boolean
  readonly #exit: Promise<number | NodeJS.Signals>
  #output = ''
  hasExited = false

  constructor(command: string, args: readonly string[], options: ProcessOptions) {
    const env = { ...process.env, ...options.env }
    const { cwd, isGroup: detached = false } = options
    const child = spawn(command, args, { cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#isGroup = detached
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
    if (this.#isGroup && !this.hasExited) process.kill(-this.pid, signal)
    else this.#child.kill(signal)
  }

  /** Waits for the end; answers the exit code or the signal that ended it. */
  exited(timeoutMs = 15_000): Promise<number | NodeJS.Signals> {
    return within(this.#exit, timeoutMs, () => `exit of process ${this.pid}; its output:\n${this.#output}`)
  }

  /** Asks it to end with SIGTERM and forces it with SIGKILL after a while; of a group, waits for all. */
  async stop(patienceMs = 8000): Promise<void> {
    await this.#stopLeader(patienceMs)
    if (this.#isGroup) await eventually('the group has ended', () => !isGroupAlive(this.pid), patienceMs)
  }

  async #stopLeader(patienceMs: number): Promise<void> {
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

/** Whether a process of the group still runs; one that has ended and that nobody has asked how does not. */
function isGroupAlive(leader: number): boolean {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1')
      // PID (NAME) STATE PARENT GROUP; a name may have blanks and parentheses.
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(group) === leader && state !== 'Z'
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}
