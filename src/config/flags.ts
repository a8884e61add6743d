import { type Flag, parseCommandLine } from './commandLine.ts'

/** Every flag of the server, in the order of the help. */
export const FLAGS: readonly Flag[] = [
  { name: 'config', argument: 'FILE', about: 'Read this configuration file.' },
  { name: 'port', argument: '[ADDR:]PORT', about: 'Listen for clients here, and nowhere else.' },
  {
    name: 'tls-port',
    argument: '[ADDR:]PORT',
    about: 'Listen for TLS clients here, in place of https_ports.',
  },
  { name: 'tls-cert', argument: 'FILE', about: 'Certificate chain (PEM) for TLS clients.' },
  { name: 'tls-key', argument: 'FILE', about: 'The key (PEM) of --tls-cert.' },
  {
    name: 'workers',
    argument: 'N',
    about: 'Serve clients in N processes, or with auto in one for each core.',
  },
  { name: 'route', argument: 'LINE', about: 'Use this route in place of the routes file; may be repeated.' },
  { name: 'verbose', about: 'Same as --loglevel=3.' },
  { name: 'loglevel', argument: 'LEVEL', about: '0 error, 1 warning, 2 info, 3 debug, 4 and above trace.' },
  { name: 'logfile', argument: 'FILE', about: 'Append the log to this file.' },
  {
    name: 'log-format',
    argument: 'FORMAT',
    about: 'How log lines look: pretty, json or pushpin; by default pretty on a terminal, else pushpin.',
  },
  { name: 'id', argument: 'N', about: 'Run as instance N: control port and ZeroMQ ports move up by 10 × N.' },
  { name: 'merge-output', short: ['m'], about: 'Accepted as Pushpin has it; there is one output anyway.' },
  { name: 'help', short: ['h'], about: 'Show this help.' },
  { name: 'version', short: ['v', 'V'], about: 'Show the version.' },
]

/** What the server's command line says, and what is wrong with it. */
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
  const { values, switches, words, faults } = parseCommandLine(argv, FLAGS)
  const lasts = [...values].map(([name, all]) => [name, all.at(-1) ?? ''] as const)
  return {
    values: new Map(lasts),
    switches,
    routeLines: values.get('route') ?? [],
    faults: [...words.map((word) => `unexpected argument "${word}"`), ...faults],
  }
}
