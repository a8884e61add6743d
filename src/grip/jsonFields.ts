import { type ErrorCode, HoldfastError } from '../errors.ts'
import { shownText } from './headerText.ts'

/** The largest integer that Pushpin's fields hold. */
export const MAX_INTEGER = 2 ** 31 - 1

/** How an object came. Of a tnetstring all text is bytes. */
export type FieldEncoding = 'json' | 'tnetstring'

/** What a reader of fields has to know of the object. */
interface FieldsOptions {
  readonly name: string
  readonly code: ErrorCode
  /** `json` when it is not given. */
  readonly encoding?: FieldEncoding
}

/**
 * Reads the fields of one JSON object, or of one that came as a tnetstring. A fault is a HoldfastError with the given
 * code and Pushpin's text, in which the object goes by `name`. A field that is `null` is there, with the wrong type.
 */
export class JsonFields {
  readonly encoding: FieldEncoding
  readonly #object: Readonly<Record<string, unknown>>
  readonly #name: string
  readonly #code: ErrorCode

  constructor(value: unknown, options: FieldsOptions) {
    this.encoding = options.encoding ?? 'json'
    this.#name = options.name
    this.#code = options.code
    if (!isJsonObject(value)) throw this.error(`${options.name} is not an object`)
    this.#object = value
  }

  error(text: string): HoldfastError {
    return new HoldfastError(this.#code, text)
  }

  wrongType(key: string): HoldfastError {
    return this.error(`${this.#name} contains '${shownText(key)}' with wrong type`)
  }

  invalidValue(key: string): HoldfastError {
    return this.error(`${this.#name} contains '${shownText(key)}' with invalid value`)
  }

  unknownValue(key: string): HoldfastError {
    return this.error(`${this.#name} contains '${shownText(key)}' with unknown value`)
  }

  /** `fields` are quoted names, joined for people. */
  missing(fields: string): HoldfastError {
    return this.error(`${this.#name} does not contain ${fields}`)
  }

  get isEmpty(): boolean {
    return Object.keys(this.#object).length === 0
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#object, key)
  }

  /** The value of a field; undefined where there is none, as no value that was read is. */
  get(key: string): unknown {
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined
  }

  string(key: string): string | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    const text = textOf(value)
    if (text === undefined) throw this.wrongType(key)
    return text
  }

  requiredString(key: string): string {
    const value = this.string(key)
    if (value === undefined) throw this.missing(`'${key}'`)
    return value
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value !== 'boolean') throw this.wrongType(key)
    return value
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw this.wrongType(key)
    return value
  }

  /** A nested object, which error texts call `name`. */
  object(key: string, name: string): JsonFields | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (!isJsonObject(value)) throw this.wrongType(key)
    return new JsonFields(value, { name, code: this.#code, encoding: this.encoding })
  }

  /** A nested object of strings, which error texts call `name`. */
  strings(key: string, name: string): ReadonlyMap<string, string> | undefined {
    const object = this.object(key, name)
    return (
      object && new Map(Object.keys(object.#object).map((inner) => [inner, object.requiredString(inner)]))
    )
  }

  /** A number or a string of digits, as some libraries send; anything else has the wrong type or an invalid value. */
  integer(key: string, range: { min: number; max: number }): number | undefined {
    const value = this.#number(key)
    if (value === undefined) return undefined
    if (!Number.isInteger(value) || value < range.min || value > range.max) throw this.invalidValue(key)
    return value
  }

  /** Seconds from 0 on; fractions are rounded, as Pushpin does. */
  seconds(key: string): number | undefined {
    const value = this.#number(key)
    if (value === undefined) return undefined
    const seconds = Math.round(value)
    if (!(seconds >= 0 && seconds <= MAX_INTEGER)) throw this.invalidValue(key)
    return seconds
  }

  /**
   * Bytes, as base64 under one key or as text under the other; the first wins. In a tnetstring text is bytes already, and
   * the first key, too, has them as they are.
   */
  bytes(keys: { base64?: string | undefined; text: string }): Buffer | undefined {
    const encoded = keys.base64 === undefined ? undefined : this.#bytesAt(keys.base64, 'base64')
    return encoded ?? this.#bytesAt(keys.text, 'utf8')
  }

  #bytesAt(key: string, form: 'base64' | 'utf8'): Buffer | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'string') return Buffer.from(value, form)
    // A copy: a few bytes of content must not keep the whole block alive that ZeroMQ received them in.
    if (Buffer.isBuffer(value)) return Buffer.from(value)
    throw this.wrongType(key)
  }

  #number(key: string): number | undefined {
    const value = this.get(key)
    if (value === undefined) return undefined
    if (typeof value === 'number') return value
    const text = textOf(value)
    if (text !== undefined) return parseInteger(text) ?? Number.NaN
    throw this.wrongType(key)
  }
}

/** Reads an optionally signed decimal integer of 32 bits; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  if (!/^[ \t]*[+-]?\d+[ \t]*$/.test(text)) return undefined
  const value = Number(text)
  return Math.abs(value) <= MAX_INTEGER ? value : undefined
}

/** Tells whether a JSON value is an object and not a list or null; nor the bytes of a tnetstring. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
}

/** Answers the text of a string, or of the bytes of a tnetstring as UTF-8; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Buffer.isBuffer(value) ? value.toString() : undefined
}

/** Answers a value as JSON would have it: the bytes of a tnetstring as text, at any depth. */
export function jsonValueOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonValueOf)
  if (!isJsonObject(value)) return textOf(value) ?? value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonValueOf(inner)]))
}
