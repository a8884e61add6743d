import { routeError } from './routeError.ts'

/** One property of a section; the value is empty when none was written. */
export interface SectionProp {
  readonly name: string
  readonly value: string
}

/** One space-separated part of a line, `value[,name[=value]]*`, with its quotes and escapes resolved. */
export interface RouteSection {
  readonly value: string
  /** In written order; a name may come more than once. */
  readonly props: readonly SectionProp[]
}

/**
 * Splits a line of the routes file into sections; a blank line and a comment have none. Only U+0020 separates (a tab
 * is part of a word) and `#` outside quotes starts a comment anywhere, as in Pushpin.
 *
 * @throws HoldfastError ROUTE_INVALID with Pushpin's text
 */
export function lexRouteLine(line: string): RouteSection[] {
  const sections: RouteSection[] = []
  let at = skipSpaces(line, 0)
  while (at < line.length && line[at] !== '#') {
    const { section, end } = readSection(line, at)
    sections.push(section)
    at = skipSpaces(line, end)
  }
  return sections
}

function skipSpaces(line: string, start: number): number {
  let at = start
  while (line[at] === ' ') at++
  return at
}

function readSection(line: string, start: number): { section: RouteSection; end: number } {
  const first = readWord(line, start)
  // A first word with `=` is a property of a section without value, also where the `=` was quoted.
  const startsWithProp = first.text.includes('=')
  const props = startsWithProp ? [toProp(first.text)] : []
  let end = first.end
  while (line[end] === ',') {
    const word = readWord(line, end + 1)
    props.push(toProp(word.text))
    end = word.end
  }
  return { section: { value: startsWithProp ? '' : first.text, props }, end }
}

function toProp(word: string): SectionProp {
  if (word === '') throw routeError('expecting prop')
  const equals = word.indexOf('=')
  if (equals < 0) return { name: word, value: '' }
  if (equals === 0) throw routeError('empty prop name')
  return { name: word.slice(0, equals), value: word.slice(equals + 1) }
}

interface Word {
  readonly text: string
  /** Index of the character that ended the word, or the line's length. */
  readonly end: number
}

function readWord(line: string, start: number): Word {
  let text = ''
  let at = start
  while (at < line.length) {
    const char = line[at] as string
    if (char === ',' || char === ' ' || char === '#') break
    if (char === '"') {
      const quoted = readQuoted(line, at + 1)
      text += quoted.text
      at = quoted.end
    } else {
      text += char
      at++
    }
  }
  return { text, end: at }
}

/** Reads from behind an opening quote to behind the closing one. */
function readQuoted(line: string, start: number): Word {
  let text = ''
  let at = start
  while (at < line.length) {
    const char = line[at] as string
    if (char === '"') return { text, end: at + 1 }
    if (char === '\\') {
      at++
      text += readEscaped(line, at)
    } else {
      text += char
    }
    at++
  }
  throw routeError('unterminated quoted section')
}

function readEscaped(line: string, at: number): string {
  const code = line.codePointAt(at)
  if (code === undefined) throw routeError('unterminated escape sequence')
  const char = String.fromCodePoint(code)
  if (char !== '\\' && char !== '"') throw routeError(`unexpected escape character: ${char}`)
  return char
}
