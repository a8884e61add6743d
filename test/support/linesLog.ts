import type { Log } from '../../src/edges/log.ts'

/** A log that keeps its lines, each with its level before it. */
export class LinesLog implements Log {
  readonly lines: string[] = []
  readonly isEnabled = (): boolean => true
  readonly error = this.#keeper('error')
  readonly warn = this.#keeper('warn')
  readonly info = this.#keeper('info')
  readonly infoAnyway = this.#keeper('info')
  readonly debug = this.#keeper('debug')
  readonly trace = this.#keeper('trace')

  #keeper(level: string): (message: string) => void {
    return (message) => this.lines.push(`${level} ${message}`)
  }
}
