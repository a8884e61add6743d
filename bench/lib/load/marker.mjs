/**
 * The payload that the tools publish and look for: `@@`, ten digits, `~`, then padding to the wanted size.
 * Nothing else that a server sends holds an `@`, so finding payloads needs no HTTP or SSE parsing.
 */

/** Bytes of the part that carries the number: the least size of a payload. */
export const MARKER_BYTES = 13
const AT = 0x40
const ZERO = 0x30
const TILDE = 0x7e

/** Builds the payload that carries `number`, `size` bytes long. */
export function encodePayload(number, size) {
  return `@@${String(number).padStart(10, '0')}~`.padEnd(size, 'x')
}

/** Finds payloads in what one connection reads, also where a read ends in the middle of one. */
export class MarkerScanner {
  #paddingBytes
  #partial = ''
  #skip = 0

  /** `size` is the size of each payload: its padding is jumped over unread. */
  constructor(size) {
    this.#paddingBytes = Math.max(0, size - MARKER_BYTES)
  }

  /** Calls `onNumber(number)` for each payload whose marker ends in `buffer[start..end)`. */
  scan(buffer, start, end, onNumber) {
    if (this.#partial !== '') {
      const joined = Buffer.concat([Buffer.from(this.#partial, 'latin1'), buffer.subarray(start, end)])
      this.#partial = ''
      this.scan(joined, 0, joined.length, onNumber)
      return
    }
    let at = start + this.#skip
    while (at < end) {
      if (buffer[at] !== AT) {
        at++
      } else if (end - at < MARKER_BYTES) {
        this.#partial = buffer.latin1Slice(at, end)
        at = end
      } else {
        const number = numberAt(buffer, at)
        if (number >= 0) onNumber(number)
        at += number >= 0 ? MARKER_BYTES + this.#paddingBytes : 1
      }
    }
    this.#skip = at - end
  }
}

function numberAt(buffer, at) {
  if (buffer[at + 1] !== AT || buffer[at + MARKER_BYTES - 1] !== TILDE) return -1
  let number = 0
  for (let i = at + 2; i < at + MARKER_BYTES - 1; i++) number = number * 10 + (buffer[i] - ZERO)
  return number
}
