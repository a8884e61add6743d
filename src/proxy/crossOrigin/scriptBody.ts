/** Characters that end a script element or, before ES2019, a string. In a JSON string the escapes mean the same. */
const UNSAFE = /[<\u2028\u2029]/g

/** Writes text as a string literal of JSON and of every version of JavaScript. */
export function scriptString(text: string): string {
  return JSON.stringify(text).replace(UNSAFE, escapeUnit)
}

/** A body as the inside of a string literal. Bytes that are not UTF-8 become U+FFFD. */
export class ExtendedBody {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  update(chunk: Buffer): Buffer {
    return inside(this.#decoder.decode(chunk, { stream: true }))
  }

  end(): Buffer {
    return inside(this.#decoder.decode())
  }
}

/**
 * The bytes of U+2028 and U+2029 and `</`, one character each. Where JSON has them, they are in a string; `<\/` is the same to
 * any JavaScript string.
 */
const UNSAFE_BYTES = /<\/|\xe2\x80[\xa8\xa9]/g

/** What may be the start of such bytes, or the newline that is left out at the end of the body. */
const UNDECIDED = /(?:<|\xe2\x80?|\r\n?|\n)$/

/** A body as it is, JSON presumably, without one newline at its end. */
export class BasicBody {
  /** One character per byte. */
  #undecided = ''

  update(chunk: Buffer): Buffer {
    const text = this.#undecided + chunk.toString('latin1')
    const end = text.search(UNDECIDED)
    this.#undecided = end < 0 ? '' : text.slice(end)
    return safeBytes(end < 0 ? text : text.slice(0, end))
  }

  end(): Buffer {
    return safeBytes(this.#undecided.replace(/\r?\n$/, ''))
  }
}

function inside(text: string): Buffer {
  return Buffer.from(scriptString(text).slice(1, -1))
}

function safeBytes(text: string): Buffer {
  return Buffer.from(text.replace(UNSAFE_BYTES, escapeBytes), 'latin1')
}

function escapeBytes(bytes: string): string {
  if (bytes === '</') return '<\\/'
  return bytes.endsWith('\xa8') ? '\\u2028' : '\\u2029'
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
