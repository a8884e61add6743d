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
    if (this.faults.length === 0) return
    const head =
      this.faults.length === 1 ? 'bad configuration:' : `bad configuration, ${this.faults.length} faults:`
    throw new HoldfastError('CONFIG_INVALID', [head, ...this.faults].join('\n  '))
  }
}
