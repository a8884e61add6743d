import { type CommandLine, type Flag, parseCommandLine } from '../config/commandLine.ts'
import { HoldfastError } from '../errors.ts'
import { packageVersion } from '../server/packageVersion.ts'
import { flagColumns } from './columns.ts'
import { EXIT } from './exit.ts'
import { print } from './output.ts'

/** How a command is called, and what it does. */
export interface CommandCall {
  /** `publish CHANNEL [CONTENT]` */
  readonly usage: string
  /** What `--help` says below that. */
  readonly about: string
  readonly flags: readonly Flag[]
  /** Fewest and most words beside flags. */
  readonly words: readonly [number, number]
  /** The exit code when `run` throws an error of ours; by default that of a failure. */
  readonly failure?: number
  /** Does it, and answers the exit code. What it throws is told on stderr. */
  run(line: CommandLine): Promise<number>
}

const COMMON_FLAGS: readonly Flag[] = [
  { name: 'help', short: ['h'], about: 'Show this help.' },
  { name: 'version', short: ['V'], about: 'Show the version.' },
]

/** Runs a command with the arguments that follow its name; answers the exit code. */
export async function runCommand(call: CommandCall, argv: readonly string[]): Promise<number> {
  const flags = [...call.flags, ...COMMON_FLAGS]
  const line = parseCommandLine(argv, flags)
  if (line.switches.has('help')) return show(helpText(call, flags))
  if (line.switches.has('version')) return show(`holdfast ${packageVersion()}\n`)
  const faults = [...line.faults, ...wordFaults(line.words, call)]
  if (faults.length > 0) return refuse(faults, call)
  try {
    return await call.run(line)
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    process.stderr.write(`Error: ${error.message}\n`)
    return call.failure ?? EXIT.failed
  }
}

function show(text: string): number {
  print(text)
  return EXIT.ok
}

function helpText({ usage, about }: CommandCall, flags: readonly Flag[]): string {
  return `Usage: holdfast ${usage} [FLAG]...\n\n${about}\n\nFlags:\n${flagColumns(flags)}\n`
}

function wordFaults(words: readonly string[], { usage, words: [fewest, most] }: CommandCall): string[] {
  const named = usage.split(' ').slice(1)
  const missing = named.slice(words.length, fewest).map((name) => `${name} is missing`)
  return [...missing, ...words.slice(most).map((word) => `unexpected argument "${word}"`)]
}

function refuse(faults: readonly string[], { usage }: CommandCall): number {
  const lines = faults.map((fault) => `error: ${fault}\n`).join('')
  process.stderr.write(`${lines}\nUsage: holdfast ${usage} [FLAG]...\nFor more information try --help\n`)
  return EXIT.badUsage
}
