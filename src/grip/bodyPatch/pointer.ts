import { shownText } from '../headerText.ts'

/** The names on the way from the holder of a document to a value; the first is the holder's own. RFC 6901. */
export type Pointer = readonly [typeof DOCUMENT, ...string[]]

/** The name under which the holder has the document. */
export const DOCUMENT = 'document'

/**
 * Parses a JSON Pointer, or says what is wrong with it. `/` means the whole document, as in Pushpin: the member with the
 * empty name, which RFC 6901 means by it, cannot be reached at the top.
 */
export function parsePointer(text: string): Pointer | string {
  if (text === '' || text === '/') return [DOCUMENT]
  if (!text.startsWith('/')) return `'${shownText(text)}' does not start with /`
  if (/~(?![01])/.test(text)) return `'${shownText(text)}' has a ~ without 0 or 1`
  const names = text.slice(1).split('/').map(unescapeName)
  return names.includes('__proto__') ? "the name '__proto__' is not allowed" : [DOCUMENT, ...names]
}

/** Writes a name as one step of a JSON Pointer. */
export function pointerStep(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Writes names within the document as a JSON Pointer, quoted, for people. */
export function showNames(names: readonly string[]): string {
  return `'${shownText(names.map(pointerStep).join('') || '/')}'`
}

/** `~1` first, so that `~01` becomes `~1`. RFC 6901 §4. */
function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
