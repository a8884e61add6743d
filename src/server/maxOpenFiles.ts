import { readFileSync } from 'node:fs'

/** Returns how many files this process may have open; undefined where the system does not say it in this way. */
export function maxOpenFiles(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return found === null ? undefined : Number(found[1])
  } catch {
    // Only Linux has it.
    return undefined
  }
}
