/** The value of a setting as it was written: the whole text, and the same text as a list. */
export interface RawValue {
  /** Unescaped and trimmed, commas included. */
  readonly text: string
  /** What commas outside quotes separate, trimmed, without empty items. */
  readonly items: readonly string[]
}

/** Makes a value of a flag or an environment variable, where nothing is quoted or escaped. */
export function plainValue(text: string): RawValue {
  const items = text.split(',').map((item) => item.trim())
  return { text: text.trim(), items: items.filter((item) => item !== '') }
}

/** Replaces parts of a value, in the text and in each item. */
export function mapValue(value: RawValue, replace: (text: string) => string): RawValue {
  return { text: replace(value.text), items: value.items.map(replace) }
}

/** Collects the characters of a value as text and as items. Blanks count only in the middle, or when protected. */
export class ValueReader {
  #text = new TrimmedText()
  #item = new TrimmedText()
  readonly #items: string[] = []

  /** Adds characters of the current item; `isProtected` ones were quoted or escaped. */
  add(chars: string, isProtected: boolean): void {
    this.#text.add(chars, isProtected)
    this.#item.add(chars, isProtected)
  }

  /** Ends the current item at a comma. */
  separate(): void {
    this.#text.add(',', true)
    this.#closeItem()
  }

  /** Answers the value that was read. */
  finish(): RawValue {
    this.#closeItem()
    return { text: this.#text.finish(), items: this.#items }
  }

  #closeItem(): void {
    const item = this.#item.finish()
    if (item !== '') this.#items.push(item)
    this.#item = new TrimmedText()
  }
}

class TrimmedText {
  #text = ''
  #end = 0

  add(chars: string, isProtected: boolean): void {
    const isBlank = !isProtected && chars.trim() === ''
    if (isBlank && this.#end === 0) return
    this.#text += chars
    if (!isBlank) this.#end = this.#text.length
  }

  finish(): string {
    return this.#text.slice(0, this.#end)
  }
}
