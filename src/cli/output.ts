import { readFileSync } from 'node:fs'

/** Writes to standard output. */
export function print(text: string): void {
  process.stdout.write(text)
}

/** Answers the version of the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
