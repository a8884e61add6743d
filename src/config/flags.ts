import { parseArgs } from 'node:util'

/** One command line flag. */
export interface Flag {
  readonly name: string
  readonly short?: readonly string[]
  /** What stands for its value in the help; a flag without one takes no value. */
  readonly argument?: string
  readonly about: string
}

/** Every flag, in the order of the help. */
export const FLAGS: readonly Flag[] = [
  { name: 'config', argument: 'FILE', about: 'Read this configuration file.' },
  { name: 'port', argument: '[ADDR:]PORT', about: 'Listen for clients here, and nowhere else.' },
  { name: 'route', argument: 'LINE', about: 'Use this route in place of the routes file; may be repeated.' },
  { name: 'verbose', about: 'Same as --loglevel=3.' },
  { name: 'loglevel', argument: 'LEVEL', about: '0 error, 1 warning, 2 info, 3 debug, 4 and above trace.' },
  { name: 'logfile', argument: 'FILE', about: 'Append the log to this file.' },
  { name: 'log-format', argument: 'FORMAT', about: 'How log lines look: readable, json or pushpin.' },
  { name: 'id', argument: 'N', about: 'Run as instance N: the control port moves up by 10 × N.' },
  { name: 'merge-output', short: ['m'], about: 'Accepted as Pushpin has it; there is one output anyway.' },
  { name: 'help', short: ['h'], about: 'Show this help.' },
  { name: 'version', short: ['v', 'V'], about: 'Show the version.' },
]

/** What a command line says, and what is wrong with it. */
export interface ParsedFlags {
  /** Values by the flag's name; of a flag that is repeated, the last. */
  readonly values: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
  /** The values of all `--route`. */
  readonly routeLines: readonly string[]
  readonly faults: readonly string[]
}

/** Reads the arguments that follow the program's name; unusable ones are reported, not thrown. */
export function parseFlags(argv: readonly string[]): ParsedFlags {
  const values = new Map<string, string>()
  const switches = new Set<string>()
  const routeLines: string[] = []
  const faults: string[] = []
  for (const token of tokenize(argv)) {
    const flag = findFlag(token)
    const fault = checkToken(token, flag)
    if (fault !== undefined) faults.push(fault)
    else if (flag?.name === 'route') routeLines.push(token.value ?? '')
    else if (flag?.argument !== undefined) values.set(flag.name, token.value ?? '')
    else if (flag !== undefined) switches.add(flag.name)
  }
  return { values, switches, routeLines, faults }
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
function tokenize(argv: readonly string[]): Token[] {
  const options = Object.fromEntries(
    FLAGS.map(({ name, argument }) => [
      name,
      { type: argument ? ('string' as const) : ('boolean' as const) },
    ]),
  )
  const { tokens } = parseArgs({
    args: [...argv],
    options,
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

function findFlag({ name, raw }: Token): Flag | undefined {
  if (name === undefined) return undefined
  return FLAGS.find((flag) => (raw.startsWith('--') ? flag.name === name : flag.short?.includes(name)))
}

function checkToken(token: Token, flag: Flag | undefined): string | undefined {
  if (token.name === undefined) return `unexpected argument "${token.raw}"`
  if (flag === undefined) return `${token.raw}: no such flag`
  if (flag.argument === undefined)
    return token.value === undefined ? undefined : `${token.raw}: takes no value`
  const isMissing = !token.value || (!token.isInline && token.value.startsWith('-'))
  return isMissing ? `${token.raw}: needs a value: ${flagUsage(flag)}` : undefined
}
