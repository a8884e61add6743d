/** `\t` is a deviation: Pushpin drops it, but `@fanoutio/grip` sends it for a tab. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['r', '\r'],
  ['n', '\n'],
  ['t', '\t'],
])

/**
 * Undoes `\\`, `\r`, `\n`, `\t` and `\xHH`; any other escaped character disappears. Undefined when an escape is not
 * complete or nothing is left. GRIP: Grip-Keep-Alive, format=cstring.
 */
export function unescapeCString(text: string): string | undefined {
  let unescaped = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (character !== '\\') {
      unescaped += character
      continue
    }
    const letter = text[++i]
    if (letter === undefined) return undefined
    if (letter === 'x') {
      const digits = text.slice(i + 1, i + 3)
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined
      unescaped += String.fromCharCode(Number.parseInt(digits, 16))
      i += 2
    } else {
      unescaped += ESCAPES.get(letter) ?? ''
    }
  }
  return unescaped === '' ? undefined : unescaped
}
