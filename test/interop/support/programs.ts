import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, it } from 'vitest'
import { within } from '../../support/waiting.ts'

/** Finds a program as a shell would; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const { PATH = '' } = process.env
  return PATH.split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
}

/**
 * Describes tests that need a program which npm cannot install. Without it they are skipped, and the report says which
 * one is missing; Debian has it, and `.ci/run` installs it.
 */
export function describeWithProgram(name: string, title: string, body: (path: string) => void): void {
  const path = findProgram(name)
  if (path === undefined) describe.skip(skippedTitle(name, title), () => body(name))
  else describe(title, () => body(path))
}

/** One test of that kind. */
export function itWithProgram(name: string, title: string, body: () => Promise<void>): void {
  if (findProgram(name) === undefined) it.skip(skippedTitle(name, title), body)
  else it(title, body)
}

function skippedTitle(name: string, title: string): string {
  return `${title} [skipped: ${name} is not installed]`
}

/** What a program said and how it ended. */
export interface Ran {
  readonly code: number | null
  readonly output: string
}

export interface RunOptions {
  readonly timeoutMs?: number
  /** Added to those of this process. */
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a program to its end. */
export function runProgram(
  path: string,
  args: readonly string[],
  { timeoutMs = 20_000, env = {} }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
  return within(ended, timeoutMs, () => `the end of ${path} ${args.join(' ')}; it said:\n${output}`).finally(
    () => child.kill(),
  )
}
