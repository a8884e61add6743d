import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { within } from './waiting.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))
const builder = fileURLToPath(new URL('../../tools/ensureReady.mjs', import.meta.url))
const TIMEOUT_MS = 20_000

/** Builds what is older than the sources; the program would do so itself, and say so on stderr. */
export function ensureBuilt(): void {
  spawnSync(process.execPath, [builder])
}

/** How a run of the program ended. */
export interface HoldfastRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program of this repository to its end. */
export async function runHoldfast(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<HoldfastRun> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const run = Promise.all([ended, text(child.stdout), text(child.stderr)])
  const [code, stdout, stderr] = await within(
    run,
    TIMEOUT_MS,
    () => `the end of holdfast ${args.join(' ')}`,
  ).finally(() => child.kill())
  return { code, stdout, stderr }
}
