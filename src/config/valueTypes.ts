import { resolve } from 'node:path'
import { HoldfastError } from '../errors.ts'
import type { ValueType } from './option.ts'

/** Says why a text is not a value; the caller adds the place and the key. */
export function invalidValue(text: string, expected: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `expected ${expected}, found "${text}"`)
}

/** Reads as Pushpin does: empty, `0` and `false` in any case are false, all else is true. */
export const boolean: ValueType<boolean> = {
  form: 'true or false',
  parse: ({ text }) => !['', '0', 'false'].includes(text.toLowerCase()),
  doubt: ({ text }) =>
    MEANT_AS_FALSE.includes(text.toLowerCase()) ? `"${text}" counts as true; write false` : undefined,
}

const MEANT_AS_FALSE: readonly string[] = ['no', 'off', 'n', 'f', 'none', 'disabled']

/** Reads what opens something: only what nobody can mean as a no is a yes. For settings that Pushpin does not have. */
export const permission: ValueType<boolean> = {
  form: 'true or false',
  parse: ({ text }) => {
    const lower = text.toLowerCase()
    if (['true', '1'].includes(lower)) return true
    if (['', 'false', '0'].includes(lower)) return false
    throw invalidValue(text, 'true or false')
  },
}

/** Makes a type of whole numbers in a range. */
export function integer(min: number, max: number): ValueType<number> {
  const form = `integer, ${min} to ${max}`
  return {
    form,
    parse: ({ text }) => (text === '' ? undefined : inRange(/^[+-]?\d+$/, text, { min, max, form })),
  }
}

/** Makes a type of numbers that may have a fraction, in a range. */
export function decimal(min: number, max: number): ValueType<number> {
  const form = `number, ${min} to ${max}`
  return {
    form,
    parse: ({ text }) =>
      text === '' ? undefined : inRange(/^\+?(\d+\.?\d*|\.\d+)$/, text, { min, max, form }),
  }
}

function inRange(pattern: RegExp, text: string, range: { min: number; max: number; form: string }): number {
  const value = Number(text)
  if (!pattern.test(text) || value < range.min || value > range.max) throw invalidValue(text, range.form)
  return value
}

/** Reads a number above 0 as a limit; 0 and -1 mean that there is none, as in Pushpin. */
export const limit: ValueType<number | undefined> = {
  form: 'integer; 0 or -1: no limit',
  parse({ text }) {
    if (text === '') return undefined
    const value = inRange(/^-?\d+$/, text, { min: -1, max: Number.MAX_SAFE_INTEGER, form: this.form })
    return value > 0 ? value : undefined
  },
}

/** Takes text as it is. */
export const text: ValueType<string> = {
  form: 'text',
  parse: ({ text }) => printable(text),
}

/** Makes a type of texts of a pattern that are not to be shown, not even in a message of what is wrong with them. */
export function secretOf(form: string, pattern: RegExp): ValueType<string | undefined> {
  return {
    form,
    parse({ text }) {
      if (text === '') return undefined
      if (!pattern.test(text)) throw new HoldfastError('CONFIG_INVALID', `expected ${form}`)
      return text
    },
  }
}

/** Takes text that can stand in a header: printable ASCII. */
export const headerValue: ValueType<string> = {
  form: 'text in ASCII',
  parse({ text }) {
    if (!/^[\x20-\x7e]*$/.test(text)) throw invalidValue(text, this.form)
    return text
  },
}

/** A line end in a value that goes into a log line would forge the next one. */
function printable(text: string): string {
  if (/[\x00-\x1f\x7f]/.test(text)) {
    throw new HoldfastError('CONFIG_INVALID', `control characters are not allowed in ${JSON.stringify(text)}`)
  }
  return text
}

/** Takes a path; relative ones start at the folder of the configuration file. */
export const path: ValueType<string | undefined> = {
  form: 'path',
  parse: ({ text }, { directory }) => (text === '' ? undefined : resolve(directory, printable(text))),
}

/** Reads the mode of a file, as `chmod` takes it. */
export const fileMode: ValueType<number | undefined> = {
  form: 'octal digits, such as 770',
  parse({ text }) {
    if (text === '') return undefined
    if (!/^0?[0-7]{3}$/.test(text)) throw invalidValue(text, this.form)
    return Number.parseInt(text, 8)
  },
}

/** Makes a type of a few words, each standing for a value. */
export function choice<T extends string>(words: readonly T[]): ValueType<T> {
  const form = words.join(' or ')
  return {
    form,
    parse({ text }) {
      const found = words.find((word) => word === text)
      if (found === undefined && text !== '') throw invalidValue(text, form)
      return found
    },
  }
}
