import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret that can be compared without its length or content showing in the time that this takes. */
export class Secret {
  readonly #hashKey = randomBytes(32)
  readonly #hash: Buffer

  constructor(secret: Buffer) {
    this.#hash = this.#hashOf(secret)
  }

  equals(candidate: Buffer): boolean {
    return timingSafeEqual(this.#hashOf(candidate), this.#hash)
  }

  /** Comparing hashes makes the lengths equal, and their key keeps others from choosing what is compared. */
  #hashOf(bytes: Buffer): Buffer {
    return createHmac('sha256', this.#hashKey).update(bytes).digest()
  }
}
