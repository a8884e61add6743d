import { trimOws } from './headerText.ts'

/** `name=value` after a `;`; a name without `=` has an empty value. */
export interface HeaderParameter {
  readonly name: string
  readonly value: string
}

/** One list element: what stands before the first `;`, and the parameters. */
export interface HeaderElement {
  readonly value: string
  readonly parameters: readonly HeaderParameter[]
}

/**
 * Splits a list on commas outside double quotes and trims the elements. A comma at the end makes no element, an empty
 * place between two commas does; an unterminated quote makes the rest one element.
 */
export function splitList(list: string): string[] {
  return splitElements(list, (start) => start)
}

/**
 * Splits a list of `<URL>` elements; commas within `<` and `>` belong to the URL. RFC 8288 §3. A deviation: Pushpin
 * splits there.
 */
export function splitLinkList(list: string): string[] {
  return splitElements(list, (start) => linkEnd(list, start))
}

/** Parses one list element; undefined when a parameter is badly quoted. */
export function parseElement(element: string): HeaderElement | undefined {
  return parseElementFrom(element, 0)
}

/** Parses one `<URL>` element; semicolons within `<` and `>` belong to the URL. */
export function parseLinkElement(element: string): HeaderElement | undefined {
  return parseElementFrom(element, linkEnd(element, 0))
}

/** Parses `name=value; name="quoted \" value"; name`; undefined when a quoted value does not end. */
export function parseParameters(text: string): HeaderParameter[] | undefined {
  const parameters: HeaderParameter[] = []
  let position = 0
  while (position < text.length) {
    const nameEnd = findNameEnd(text, position)
    const name = trimOws(text.slice(position, nameEnd))
    const value = text[nameEnd] === '=' ? readValue(text, nameEnd + 1) : { text: '', end: nameEnd }
    if (value === undefined) return undefined
    parameters.push({ name, value: value.text })
    position = value.end + 1
  }
  return parameters
}

/** Returns the value of the first parameter of that name, whatever its case. */
export function getParameter(parameters: readonly HeaderParameter[], lowerName: string): string | undefined {
  return parameters.find(({ name }) => name.toLowerCase() === lowerName)?.value
}

function splitElements(list: string, skipFrom: (start: number) => number): string[] {
  const elements: string[] = []
  let start = 0
  while (start < list.length) {
    const end = findComma(list, skipFrom(start))
    elements.push(trimOws(list.slice(start, end)))
    start = end + 1
  }
  return elements
}

function findComma(list: string, start: number): number {
  let isQuoted = false
  for (let i = start; i < list.length; i++) {
    const character = list[i]
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted && character === '\\') i++
    else if (!isQuoted && character === ',') return i
  }
  return list.length
}

/** Where the `>` of a URL stands that begins at `start`, or `start` when there is no whole `<URL>`. */
function linkEnd(text: string, start: number): number {
  let open = start
  while (text[open] === ' ' || text[open] === '\t') open++
  if (text[open] !== '<') return start
  return Math.max(text.indexOf('>', open), start)
}

function parseElementFrom(element: string, from: number): HeaderElement | undefined {
  const semicolon = element.indexOf(';', from)
  if (semicolon < 0) return { value: trimOws(element), parameters: [] }
  const parameters = parseParameters(element.slice(semicolon + 1))
  return parameters && { value: trimOws(element.slice(0, semicolon)), parameters }
}

function findNameEnd(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    if (text[i] === '=' || text[i] === ';') return i
  }
  return text.length
}

/** The value that starts there, and where the `;` after it stands. */
function readValue(text: string, start: number): { text: string; end: number } | undefined {
  if (text[start] === '"') return readQuoted(text, start + 1)
  const end = findSemicolon(text, start)
  return { text: trimOws(text.slice(start, end)), end }
}

function readQuoted(text: string, start: number): { text: string; end: number } | undefined {
  let value = ''
  for (let i = start; i < text.length; i++) {
    if (text[i] === '"') return { text: value, end: findSemicolon(text, i) }
    if (text[i] === '\\') i++
    value += text[i] ?? ''
  }
  return undefined
}

function findSemicolon(text: string, start: number): number {
  const semicolon = text.indexOf(';', start)
  return semicolon < 0 ? text.length : semicolon
}
