import { HoldfastError } from '../errors.ts'

/** A value as it is read from a tnetstring; text is bytes, as the format does not tell the two apart. */
export type TnetValue = Buffer | number | boolean | null | readonly TnetValue[] | TnetMap
/** A dictionary; its keys were UTF-8. */
export interface TnetMap {
  readonly [key: string]: TnetValue
}

/** A value as it can be written; text is written as UTF-8, and fields that are undefined are left out. */
export type TnetInput =
  | Uint8Array
  | string
  | number
  | boolean
  | null
  | readonly TnetInput[]
  | { readonly [key: string]: TnetInput | undefined }

/** Lists and maps within each other; publish items have four. */
const MAX_DEPTH = 64
/** Digits of a length: more than the largest ZeroMQ message has. */
const MAX_LENGTH_DIGITS = 10

const COLON = 0x3a
const ZERO = 0x30
const BYTES = 0x2c
const INTEGER = 0x23
const FLOAT = 0x5e
const BOOLEAN = 0x21
const NULL = 0x7e
const LIST = 0x5d
const MAP = 0x7d

/**
 * Parses the tnetstring at the start of the bytes, in Pushpin's dialect: what follows it is ignored, and of equal keys
 * the last counts. Byte strings share memory with the input. Throws TNETSTRING_INVALID. Pushpin: operations.md §1.7.
 */
export function parseTnetstring(bytes: Buffer): TnetValue {
  return new TnetReader(bytes).value(bytes.length, 0)
}

/** Reads values one after another. Each is `LENGTH:PAYLOAD` and then one character for its type. */
class TnetReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Reads the next value, which has to be complete before `end`. */
  value(end: number, depth: number): TnetValue {
    const length = this.#length(end)
    const start = this.#at
    const stop = start + length
    if (stop >= end) throw invalid(start, `ends before its ${length} bytes and their type`)
    this.#at = stop + 1
    switch (this.#bytes[stop]) {
      case BYTES:
        return this.#bytes.subarray(start, stop)
      case INTEGER:
        return this.#number(start, stop, /^[+-]?\d+$/)
      case FLOAT:
        return this.#number(start, stop, /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/)
      case BOOLEAN:
        return this.#boolean(start, stop)
      case NULL:
        if (length > 0) throw invalid(start, 'null with content')
        return null
      case LIST:
        return this.#list(start, { stop, depth })
      case MAP:
        return this.#map(start, { stop, depth })
      default:
        throw invalid(stop, 'no such type')
    }
  }

  #length(end: number): number {
    const first = this.#at
    const last = Math.min(end, first + MAX_LENGTH_DIGITS + 1)
    let length = 0
    for (let at = first; at < last; at++) {
      const code = this.#bytes[at] as number
      if (code === COLON && at > first) {
        this.#at = at + 1
        return length
      }
      const digit = code - ZERO
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
    }
    throw invalid(first, 'no length')
  }

  #list(start: number, { stop, depth }: Span): TnetValue[] {
    const list: TnetValue[] = []
    this.#enter(start, depth)
    while (this.#at < stop) list.push(this.value(stop, depth + 1))
    this.#at = stop + 1
    return list
  }

  #map(start: number, { stop, depth }: Span): TnetMap {
    const map: Record<string, TnetValue> = {}
    this.#enter(start, depth)
    while (this.#at < stop) {
      const key = this.#key(stop)
      const value = this.value(stop, depth + 1)
      if (key === '__proto__')
        Object.defineProperty(map, key, { value, enumerable: true, configurable: true })
      else map[key] = value
    }
    this.#at = stop + 1
    return map
  }

  #key(end: number): string {
    const length = this.#length(end)
    const start = this.#at
    const stop = start + length
    if (stop >= end || this.#bytes[stop] !== BYTES) throw invalid(start, 'a key that is not a byte string')
    this.#at = stop + 1
    return keyAt(this.#bytes, start, stop)
  }

  /** Goes back to the payload of a list or a map. */
  #enter(start: number, depth: number): void {
    if (depth >= MAX_DEPTH) throw invalid(start, `more than ${MAX_DEPTH} levels`)
    this.#at = start
  }

  #number(start: number, stop: number, form: RegExp): number {
    const text = this.#bytes.toString('latin1', start, stop)
    const value = Number(text)
    if (!form.test(text) || !Number.isFinite(value)) throw invalid(start, 'not a number')
    return value
  }

  #boolean(start: number, stop: number): boolean {
    const text = this.#bytes.toString('latin1', start, stop)
    if (text !== 'true' && text !== 'false') throw invalid(start, 'neither true nor false')
    return text === 'true'
  }
}

/** Keys that came lately, by a hash of few of their bytes. */
const keys: { readonly bytes: Buffer; readonly text: string }[] = []
const KEY_SLOTS = 256
const MAX_CACHED_BYTES = 32

/**
 * Decodes a key. The same few come again and again, and to compare bytes costs less than to make a text and to look that up
 * as the name of a property: a publish item with five keys is parsed in 0.35 µs and not in 0.8.
 */
function keyAt(bytes: Buffer, start: number, stop: number): string {
  const length = stop - start
  if (length === 0 || length > MAX_CACHED_BYTES) return bytes.toString('utf8', start, stop)
  const middle = bytes[start + (length >> 1)] as number
  const slot = ((bytes[start] as number) * 31 + middle * 7 + (bytes[stop - 1] as number) + length) % KEY_SLOTS
  const cached = keys[slot]
  if (cached !== undefined && isAt(bytes, start, cached.bytes, length)) return cached.text
  const text = bytes.toString('utf8', start, stop)
  keys[slot] = { bytes: Buffer.from(bytes.subarray(start, stop)), text }
  return text
}

function isAt(bytes: Buffer, start: number, key: Buffer, length: number): boolean {
  if (key.length !== length) return false
  for (let i = 0; i < length; i++) if (bytes[start + i] !== key[i]) return false
  return true
}

/** Where the payload of a list or a map ends, and how deep it lies. */
interface Span {
  readonly stop: number
  readonly depth: number
}

function invalid(at: number, reason: string): HoldfastError {
  return new HoldfastError('TNETSTRING_INVALID', `not a tnetstring, at byte ${at}: ${reason}`)
}

/**
 * Writes a value as a tnetstring: whole numbers as integers, others as floats with all their digits. Pushpin writes six,
 * so that its 1234567.5 arrives as 1234570.
 */
export function encodeTnetstring(value: TnetInput): Buffer {
  return Buffer.from(encode(value), 'latin1')
}

/** Answers one character for each byte, so that a text's length is its length in bytes. */
function encode(value: TnetInput): string {
  if (value === null) return '0:~'
  switch (typeof value) {
    case 'string':
      return framed(Buffer.from(value, 'utf8').toString('latin1'), ',')
    case 'number':
      return encodeNumber(value)
    case 'boolean':
      return value ? '4:true!' : '5:false!'
    default:
      return encodeObject(value)
  }
}

function encodeObject(value: Exclude<TnetInput, string | number | boolean | null>): string {
  if (value instanceof Uint8Array) return framed(Buffer.from(value).toString('latin1'), ',')
  if (isList(value)) return framed(value.map(encode).join(''), ']')
  let fields = ''
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) fields += encode(key) + encode(field)
  }
  return framed(fields, '}')
}

function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written as a tnetstring`)
  return Number.isSafeInteger(value) ? framed(String(value), '#') : framed(String(value), '^')
}

function framed(payload: string, type: string): string {
  return `${payload.length}:${payload}${type}`
}

function isList(value: object): value is readonly TnetInput[] {
  return Array.isArray(value)
}
