import { isHostText } from './domain.ts'
import { routeError } from './routeError.ts'
import type { RouteSection, SectionProp } from './routeLexer.ts'

const INTEGER = /^[+-]?[0-9]{1,9}$/
const OCTAL = /^[0-7]{1,6}$/
const ON = ['', 'yes', 'true', '1', 'on']
const OFF = ['no', 'false', '0', 'off']

/**
 * Reads the properties of one section. Of a repeated property the last one counts (Pushpin), but for `all`. What was
 * never asked for is unknown: `warnUnread` names it, where Pushpin is silent.
 */
export class SectionProps {
  readonly warnings: string[] = []
  readonly #props: readonly SectionProp[]
  readonly #read = new Set<string>()

  constructor(section: RouteSection) {
    this.#props = section.props
  }

  /** Returns the value, empty when the property was written without one; undefined when it is absent. */
  value(name: string): string | undefined {
    this.#read.add(name)
    return this.#props.findLast((prop) => prop.name === name)?.value
  }

  /** Returns the value, or undefined when it is absent or empty. */
  text(name: string): string | undefined {
    return this.value(name) || undefined
  }

  /** Returns the values of all properties of that name, in written order. */
  all(name: string): string[] {
    this.#read.add(name)
    return this.#props.filter((prop) => prop.name === name).map((prop) => prop.value)
  }

  /**
   * Tells whether a flag is set. Unlike Pushpin, where a flag that is written is on whatever its value says, `no`,
   * `false`, `0` and `off` mean off. Other words keep Pushpin's meaning, with a warning.
   */
  flag(name: string): boolean {
    const value = this.value(name)
    if (value === undefined) return false
    const word = value.toLowerCase()
    if (OFF.includes(word)) return false
    if (!ON.includes(word)) this.warnings.push(`'${name}=${value}' is neither yes nor no: taken as yes`)
    return true
  }

  /**
   * Returns a text that can take the place of the Host header, `name[:port]`; undefined when absent or empty.
   *
   * @throws HoldfastError ROUTE_INVALID for a text that no Host header may have
   */
  authority(name: string): string | undefined {
    const value = this.text(name)
    if (value !== undefined && (!isHostText(value) || /[^!-~]/.test(value))) {
      throw routeError(`${name} must be a host[:port]: '${value}'`)
    }
    return value
  }

  /** Returns a decimal integer; another text is ignored with a warning. */
  integer(name: string): number | undefined {
    return this.#number(name, { pattern: INTEGER, radix: 10, kind: 'a whole number' })
  }

  /** Returns an octal number, as file modes are written; another text is ignored with a warning. */
  octal(name: string): number | undefined {
    return this.#number(name, { pattern: OCTAL, radix: 8, kind: 'an octal number' })
  }

  /**
   * Returns one of two words, or undefined when the property is absent.
   *
   * @throws HoldfastError ROUTE_INVALID for another word
   */
  choice<A extends string, B extends string>(name: string, words: readonly [A, B]): A | B | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    const word = words.find((candidate) => candidate === value)
    if (word === undefined)
      throw routeError(`${name} must be set to '${words[0]}' or '${words[1]}': '${value}'`)
    return word
  }

  /** Adds a warning for each property that no call has asked for. */
  warnUnread(): void {
    for (const name of new Set(this.#props.map((prop) => prop.name))) {
      if (!this.#read.has(name)) this.warnings.push(`unknown property '${name}' is ignored`)
    }
  }

  #number(name: string, form: { pattern: RegExp; radix: number; kind: string }): number | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (form.pattern.test(value)) return Number.parseInt(value, form.radix)
    this.warnings.push(`'${name}=${value}' is ignored: not ${form.kind}`)
    return undefined
  }
}
