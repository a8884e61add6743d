import { type Flag, flagUsage } from '../config/commandLine.ts'

/** Writes two columns, indented. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}

/** Writes a table of flags. */
export function flagColumns(flags: readonly Flag[]): string {
  return columns(flags.map((flag) => [flagUsage(flag), flag.about]))
}
