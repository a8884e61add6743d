import { parseArgs } from 'node:util'

/** One command line flag. */
export interface Flag {
  readonly name: string
  readonly short?: readonly string[]
  /** What stands for its value in the help; a flag without one takes no value. */
  readonly argument?: string
  readonly about: string
}

/** What a command line says, and what is wrong with it. */
export interface CommandLine {
  /** Values by the flag's name, in their order. */
  readonly values: ReadonlyMap<string, readonly string[]>
  readonly switches: ReadonlySet<string>
  /** What belongs to no flag; after `--` everything. */
  readonly words: readonly string[]
  readonly faults: readonly string[]
}

/** Reads arguments by a table of flags; unusable ones are reported, not thrown. */
export function parseCommandLine(argv: readonly string[], flags: readonly Flag[]): CommandLine {
  const values = new Map<string, string[]>()
  const switches = new Set<string>()
  const words: string[] = []
  const faults: string[] = []
  for (const token of tokenize(argv, flags)) {
    if (token.name === undefined) {
      words.push(token.raw)
      continue
    }
    const flag = findFlag(token, flags)
    const fault = checkToken(token, flag)
    if (fault !== undefined) faults.push(fault)
    else if (flag?.argument === undefined) switches.add(flag?.name ?? '')
    else values.set(flag.name, [...(values.get(flag.name) ?? []), token.value ?? ''])
  }
  return { values, switches, words, faults }
}

/** Shows a flag as one writes it: `--config=FILE`, `-m, --merge-output`. */
export function flagUsage(flag: Flag): string {
  const shorts = (flag.short ?? []).map((letter) => `-${letter}, `).join('')
  return `${shorts}--${flag.name}${flag.argument === undefined ? '' : `=${flag.argument}`}`
}

interface Token {
  /** As typed: `--port`, `-m`, or a bare word. */
  readonly raw: string
  readonly name: string | undefined
  readonly value: string | undefined
  readonly isInline: boolean
}

/** `parseArgs` in its lenient mode, because in its strict one it stops at the first fault. */
function tokenize(argv: readonly string[], flags: readonly Flag[]): Token[] {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(flags.map((flag) => [flag.name, argumentForm(flag)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const found: Token[] = []
  for (const token of tokens) {
    if (token.kind === 'positional')
      found.push({ raw: token.value, name: undefined, value: undefined, isInline: false })
    if (token.kind !== 'option') continue
    const { rawName: raw, name, value, inlineValue } = token
    found.push({ raw, name, value, isInline: inlineValue ?? false })
  }
  return found
}

/** Only flags with a value need their letter known here; a flag may have several letters, and `parseArgs` knows one. */
function argumentForm({ argument, short }: Flag): { type: 'string' | 'boolean'; short?: string } {
  if (argument === undefined) return { type: 'boolean' }
  const [letter] = short ?? []
  return letter === undefined ? { type: 'string' } : { type: 'string', short: letter }
}

function findFlag({ name, raw }: Token, flags: readonly Flag[]): Flag | undefined {
  if (name === undefined) return undefined
  return flags.find((flag) => flag.name === name || (!raw.startsWith('--') && flag.short?.includes(name)))
}

function checkToken(token: Token, flag: Flag | undefined): string | undefined {
  if (flag === undefined) return `${token.raw}: no such flag`
  if (flag.argument === undefined)
    return token.value === undefined ? undefined : `${token.raw}: takes no value`
  const isMissing = !token.value || (!token.isInline && token.value.startsWith('-'))
  return isMissing ? `${token.raw}: needs a value: ${flagUsage(flag)}` : undefined
}
