import { HoldfastError } from '../errors.ts'

/** Collects all that is wrong or odd about a configuration, so that it can be told at once. */
export class Findings {
  readonly faults: string[] = []
  readonly warnings: string[] = []

  /** Runs `parse`; a coded error becomes a fault at `place`, and the answer undefined. */
  attempt<T>(place: string, parse: () => T): T | undefined {
    try {
      return parse()
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.faults.push(`${place}: ${error.message}`)
      return undefined
    }
  }

  /** Throws CONFIG_INVALID with all faults, one a line, when there are any. */
  throwFaults(): void {
    if (this.faults.length > 0) throw badConfiguration(this.faults)
  }
}

/** Makes the CONFIG_INVALID that lists faults, each of which begins with its place. */
export function badConfiguration(faults: readonly string[]): HoldfastError {
  const head = faults.length === 1 ? 'bad configuration:' : `bad configuration, ${faults.length} faults:`
  return new HoldfastError('CONFIG_INVALID', [head, ...faults].join('\n  '))
}
