/** The parameters of a request target's query that are not taken yet; what is left stays as it was spelled. */
export class JsonpQuery {
  readonly #path: string
  #pieces: readonly string[]

  constructor(target: string) {
    const mark = target.indexOf('?')
    this.#path = mark < 0 ? target : target.slice(0, mark)
    this.#pieces = mark < 0 ? [] : target.slice(mark + 1).split('&')
  }

  has(name: string): boolean {
    return this.#pieces.some((piece) => nameOf(piece) === name)
  }

  /** Returns the value of the first parameter of that name, still encoded, and removes all of them. */
  take(name: string): string | undefined {
    const piece = this.#pieces.find((candidate) => nameOf(candidate) === name)
    if (piece === undefined) return undefined
    this.#pieces = this.#pieces.filter((candidate) => nameOf(candidate) !== name)
    const mark = piece.indexOf('=')
    return mark < 0 ? '' : piece.slice(mark + 1)
  }

  /** The target with the parameters that are left; without `?` when there are none. */
  get target(): string {
    const query = this.#pieces.join('&')
    return query === '' ? this.#path : `${this.#path}?${query}`
  }
}

/**
 * Decodes %XX; undefined when a `%` is not followed by two hex digits. A `+` stays, as in Pushpin: RFC 3986 knows nothing else of
 * it.
 */
export function decodePercent(text: string): Buffer | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const decoded = text.replace(/%(..)/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(decoded, 'latin1')
}

function nameOf(piece: string): string {
  const mark = piece.indexOf('=')
  const name = mark < 0 ? piece : piece.slice(0, mark)
  return decodePercent(name)?.toString('utf8') ?? name
}
