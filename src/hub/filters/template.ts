import { textFromWire, wireFromText } from '../../grip/headerText.ts'

/**
 * Templates of `build-id` and `var-subst`: `%X` and `%(argument)X`, in which a backslash escapes the next character, and `%%`.
 * Text is one character per byte, so that positions count bytes and content need not be UTF-8. Texts of faults are Pushpin's.
 */

/** A directive; `argument` is undefined when there is none, or an empty one. */
export interface Directive {
  readonly type: string
  readonly argument: string | undefined
  /** Where `type` stands. */
  readonly position: number
}

/** Literal text and directives, in order. */
export type Template = readonly (string | Directive)[]

/** Why a text is no template, or cannot be rendered. */
export interface Fault {
  readonly fault: string
}

/** Text that was made, or why it could not be. */
export type Rendered = { readonly text: string } | Fault

/** The directives of a text, up to the one that is not complete, if the last one is not. */
export interface TemplateStart {
  readonly template: Template
  /** Where the incomplete directive begins, or the text's end. */
  readonly end: number
  /** What is wrong with the text when nothing more comes. */
  readonly incomplete: string | undefined
}

/** A megabyte of directives, which an item can have, would make gigabytes of a long value. */
const MAX_RENDERED = 16 * 1024 * 1024

type Place = { readonly part: string | Directive; readonly end: number }

type Incomplete = { readonly incomplete: string }

/** Parses a whole text. Faults of form come before those that `renderTemplate` finds, wherever they stand. */
export function parseTemplate(text: string): Template | Fault {
  const start = parseTemplateStart(text, 0)
  if ('fault' in start) return start
  return start.incomplete === undefined ? start.template : { fault: start.incomplete }
}

/** Parses a text of which more may come; `offset` is the position of its first character in the whole. */
export function parseTemplateStart(text: string, offset: number): TemplateStart | Fault {
  const template: (string | Directive)[] = []
  let end = 0
  for (let mark = text.indexOf('%'); mark >= 0; mark = text.indexOf('%', end)) {
    if (mark > end) template.push(text.slice(end, mark))
    const place = readDirective(text, mark, offset)
    if ('fault' in place) return place
    if ('incomplete' in place) return { template, end: mark, incomplete: place.incomplete }
    template.push(place.part)
    end = place.end
  }
  if (end < text.length) template.push(text.slice(end))
  return { template, end: text.length, incomplete: undefined }
}

/**
 * Puts the texts of directives in their places; the position is added to what `substitute` finds wrong. The fault of a text
 * that is no template is passed on.
 */
export function renderTemplate(
  template: Template | Fault,
  substitute: (directive: Directive) => Rendered,
): Rendered {
  if ('fault' in template) return template
  let text = ''
  for (const part of template) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const rendered = substitute(part)
    if ('fault' in rendered) return { fault: `${rendered.fault} at position ${part.position}` }
    text += rendered.text
    if (text.length > MAX_RENDERED) return { fault: `Result too large at position ${part.position}` }
  }
  return { text }
}

/** Gives the value of the variable that `%(name)s` names. */
export function substituteVariable(
  { type, argument }: Directive,
  lookUp: (name: string) => string | undefined,
): Rendered {
  if (type !== 's') return unknownDirective(type)
  if (argument === undefined) return { fault: "Directive 's' requires argument" }
  const name = textFromWire(argument)
  const value = lookUp(name)
  return value === undefined ? { fault: `No such variable '${name}'` } : { text: wireFromText(value) }
}

/** The fault of a directive that a filter does not have. */
export function unknownDirective(type: string): Fault {
  return { fault: `Unknown directive '${type}'` }
}

function readDirective(text: string, mark: number, offset: number): Place | Fault | Incomplete {
  const type = text[mark + 1]
  if (type === undefined) return { incomplete: `Expected directive after '%' at position ${offset + mark}` }
  if (type === '(') return readWithArgument(text, mark + 1, offset)
  if (type === '%') return { part: '%', end: mark + 2 }
  const position = offset + mark + 1
  if (!/[A-Za-z]/.test(type)) return { fault: `${unknownDirective(type).fault} at position ${position}` }
  return { part: { type, argument: undefined, position }, end: mark + 2 }
}

function readWithArgument(text: string, open: number, offset: number): Place | Incomplete {
  let argument = ''
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === ')') return readType(text, { close: i, argument, offset })
    if (text[i] === '\\') {
      i++
      if (i === text.length)
        return { incomplete: `Expected character after '\\' at position ${offset + i - 1}` }
    }
    argument += text[i] ?? ''
  }
  const expected = open + 1 === text.length ? `Expected character after '('` : 'Unterminated field starting'
  return { incomplete: `${expected} at position ${offset + open}` }
}

function readType(
  text: string,
  field: { readonly close: number; readonly argument: string; readonly offset: number },
): Place | Incomplete {
  const { close, argument, offset } = field
  const type = text[close + 1]
  if (type === undefined) return { incomplete: `Expected directive after ')' at position ${offset + close}` }
  const position = offset + close + 1
  return { part: { type, argument: argument === '' ? undefined : argument, position }, end: close + 2 }
}
