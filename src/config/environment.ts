/** An environment variable that is not another spelling of an option. */
export interface ExtraVariable {
  readonly name: string
  readonly about: string
}

const PREFIX = 'HOLDFAST_'

/** Variables that stand for flags. */
export const EXTRA_VARIABLES: readonly ExtraVariable[] = [
  { name: 'HOLDFAST_CONFIG', about: 'The configuration file; `--config` overrides it.' },
  {
    name: 'HOLDFAST_ROUTES',
    about: 'Routes, one a line, in place of the routes file; `--route` overrides them.',
  },
]

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Answers a variable; an empty one counts as not set, as start scripts and containers mean it. */
export function readVariable(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value === undefined || value.trim() === '' ? undefined : value
}

/** Answers the routes of HOLDFAST_ROUTES. */
export function readRouteLines(env: Environment): readonly string[] {
  const lines = readVariable(env, 'HOLDFAST_ROUTES')?.split(/\r?\n/) ?? []
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

/** Names the variables that look as if they were meant for holdfast, and are not known. */
export function unknownVariables(env: Environment, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.has(name))
}
