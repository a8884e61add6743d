import { isJsonObject } from '../jsonFields.ts'

/** A JSON object or array that may be changed. */
export type JsonContainer = Record<string, unknown> | unknown[]

/** No document is deeper for a reason, and everything that walks through one by recursion copes with it. */
const MAX_DEPTH = 256

/**
 * A published item is at most 1 MB and a response that is held 100 kB, but a few dozen `copy` operations could make gigabytes
 * of these.
 */
const MAX_UNITS = 8 * 1024 * 1024

/** Tells whether a JSON value has values within. */
export function isJsonContainer(value: unknown): value is JsonContainer {
  return typeof value === 'object' && value !== null
}

/** Bounds how much is put into a document: a unit is about a byte of JSON text. */
export class JsonBudget {
  #left = MAX_UNITS

  /** Counts a value, or says why it may not be used: too deep, too large in all, or with a name that is no plain name. */
  spend(value: unknown): string | undefined {
    return this.#spend(value, 0)
  }

  #spend(value: unknown, depth: number): string | undefined {
    this.#left -= typeof value === 'string' ? value.length + 1 : 1
    if (this.#left < 0) return 'is too large'
    if (!isJsonContainer(value)) return undefined
    if (depth === MAX_DEPTH) return `is deeper than ${MAX_DEPTH}`
    if (Array.isArray(value)) return this.#spendAll(value, depth)
    for (const name of Object.keys(value)) {
      // An own member after JSON.parse, the prototype wherever it is assigned: the library would leave it out.
      if (name === '__proto__') return "has the name '__proto__', which is not allowed"
      this.#left -= name.length
    }
    return this.#spendAll(Object.values(value), depth)
  }

  #spendAll(values: readonly unknown[], depth: number): string | undefined {
    for (const value of values) {
      const fault = this.#spend(value, depth + 1)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}

/**
 * Compares as RFC 6902 §4.6 says. The library's own comparison looks for the smallest difference, in time and memory that
 * grow with the product of two arrays' lengths.
 */
export function isEqualJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false
    return one.every((value, index) => isEqualJson(value, other[index]))
  }
  if (!isJsonObject(one)) return one === other
  if (!isJsonObject(other)) return false
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every((name) => Object.hasOwn(other, name) && isEqualJson(one[name], other[name]))
}

/**
 * Writes a JSON value without blanks, members in the order of the UTF-16 units of their names. A replacer of `JSON.stringify` could
 * not: names that are integers always come first in an object.
 */
export function writeSorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeSorted).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${writeSorted(value[name])}`).join(',')}}`
}
