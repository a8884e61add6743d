import { type RawValue, ValueReader } from './rawValue.ts'

/** One `key=value` line and where it stands. */
export interface IniEntry extends RawValue {
  readonly section: string
  readonly key: string
  readonly line: number
}

/** A line that is neither a section, a setting, a comment nor blank. */
export interface IniFault {
  readonly line: number
  readonly reason: string
}

/** All that a file says, in its order; a key that is repeated stands here as often. */
export interface IniDocument {
  readonly entries: readonly IniEntry[]
  readonly faults: readonly IniFault[]
}

interface Cursor {
  readonly text: string
  at: number
  line: number
}

/** The letters after a backslash that mean a control character. */
const CONTROL_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const LITERAL_ESCAPES = '"\'?\\;,#='

/**
 * Reads INI text by the rules with which Pushpin reads its pushpin.conf, and never throws: a line that breaks them is
 * reported and skipped. Deviations: a line that starts with `#` is a comment whatever it contains; a quote must be
 * closed on its line; an unknown escape stays as written, so that a Windows path survives.
 */
export function parseIni(text: string): IniDocument {
  const cursor: Cursor = { text: text.startsWith('\uFEFF') ? text.slice(1) : text, at: 0, line: 1 }
  const entries: IniEntry[] = []
  const faults: IniFault[] = []
  let section = ''
  while (cursor.at < cursor.text.length) {
    const line = cursor.line
    const parsed = readLine(cursor)
    if (parsed.kind === 'section') section = parsed.name
    if (parsed.kind === 'entry') entries.push({ section, key: parsed.key, line, ...parsed.value })
    if (parsed.kind === 'fault') faults.push({ line, reason: parsed.reason })
  }
  return { entries, faults }
}

type ParsedLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'entry'; readonly key: string; readonly value: RawValue }
  | { readonly kind: 'fault'; readonly reason: string }

function readLine(cursor: Cursor): ParsedLine {
  const end = endOfLine(cursor)
  const line = cursor.text.slice(cursor.at, end).trim()
  if (line === '' || line.startsWith('#') || line.startsWith(';')) return skipTo(cursor, end)
  if (line.startsWith('[')) {
    skipTo(cursor, end)
    return parseSection(line)
  }
  const equals = cursor.text.slice(cursor.at, end).indexOf('=')
  const key = cursor.text.slice(cursor.at, cursor.at + equals).trim()
  if (equals < 0 || key === '' || key.includes(';')) {
    skipTo(cursor, end)
    return { kind: 'fault', reason: `expected key=value, found "${excerpt(line)}"` }
  }
  cursor.at += equals + 1
  return readValue(cursor, key)
}

function parseSection(line: string): ParsedLine {
  const close = line.indexOf(']')
  const rest = line.slice(close + 1).trim()
  if (close < 0 || (rest !== '' && !/^[#;]/.test(rest))) {
    return { kind: 'fault', reason: `expected [section], found "${excerpt(line)}"` }
  }
  return { kind: 'section', name: line.slice(1, close).trim() }
}

function readValue(cursor: Cursor, key: string): ParsedLine {
  const value = new ValueReader()
  let isQuoted = false
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at] as string
    if (char === '\n' || char === '\r' || (char === ';' && !isQuoted)) break
    if (char === '\\') {
      value.add(readEscape(cursor), true)
      continue
    }
    cursor.at++
    if (char === '"') isQuoted = !isQuoted
    else if (char === ',' && !isQuoted) value.separate()
    else value.add(char, isQuoted)
  }
  skipTo(cursor, endOfLine(cursor))
  if (isQuoted) return { kind: 'fault', reason: `the quote in the value of ${key} is not closed` }
  return { kind: 'entry', key, value: value.finish() }
}

/** Reads a backslash and what it protects; at the end of a line it joins the next one. */
function readEscape(cursor: Cursor): string {
  const rest = cursor.text.slice(cursor.at, cursor.at + 8)
  const match = /^\\(?:(\r\n|\n\r|\n|\r)|x([0-9a-fA-F]{1,4})|([0-7]{1,3}))/.exec(rest)
  cursor.at += match ? match[0].length : Math.min(2, rest.length)
  if (match?.[1] !== undefined) {
    cursor.line++
    return ''
  }
  if (match) return String.fromCharCode(parseInt(match[2] ?? match[3] ?? '', match[2] === undefined ? 8 : 16))
  const char = rest[1] ?? ''
  if (char !== '' && LITERAL_ESCAPES.includes(char)) return char
  return CONTROL_ESCAPES[char] ?? `\\${char}`
}

function endOfLine(cursor: Cursor): number {
  const found = /[\r\n]/g
  found.lastIndex = cursor.at
  return found.exec(cursor.text)?.index ?? cursor.text.length
}

/** Moves behind the line end that stands at `end`. */
function skipTo(cursor: Cursor, end: number): { kind: 'nothing' } {
  const isPair = cursor.text[end] === '\r' && cursor.text[end + 1] === '\n'
  cursor.at = end + (isPair ? 2 : 1)
  cursor.line++
  return { kind: 'nothing' }
}

function excerpt(line: string): string {
  return line.length <= 60 ? line : `${line.slice(0, 57)}...`
}
