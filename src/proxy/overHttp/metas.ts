import { HoldfastError } from '../../errors.ts'
import type { RawHeaders } from '../../util/headers.ts'

const SET_PREFIX = 'set-meta-'

/** What an origin wants to be told with every request of the connection. GRIP: Set-Meta-*, Meta-*. */
export class Metas {
  readonly #maxMetas: number
  readonly #maxBytes: number
  /** Field and value by the lower-case name: the spelling that was set last is the one that is sent. Most have none. */
  #fields: Map<string, { readonly name: string; readonly value: string }> | undefined

  constructor(limits: { readonly maxMetas: number; readonly maxMetaBytes: number }) {
    this.#maxMetas = limits.maxMetas
    this.#maxBytes = limits.maxMetaBytes
  }

  /** The fields for a request. */
  get fields(): string[] {
    return [...(this.#fields?.values() ?? [])].flatMap(({ name, value }) => [`Meta-${name}`, value])
  }

  /** Stores what an answer sets; an empty value removes. Throws ORIGIN_BROKEN when it is more than is kept. */
  apply(headers: RawHeaders): void {
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      if (isSetMeta(name.toLowerCase())) this.#set(name.slice(SET_PREFIX.length), headers[i + 1] as string)
    }
    if (this.#fields === undefined) return
    if (this.#fields.size > this.#maxMetas || this.#bytes() > this.#maxBytes) {
      const text = `the origin set more than ${this.#maxMetas} metas, or ${this.#maxBytes} bytes of them`
      throw new HoldfastError('ORIGIN_BROKEN', text)
    }
  }

  #set(name: string, value: string): void {
    if (value === '') {
      this.#fields?.delete(name.toLowerCase())
      return
    }
    this.#fields ??= new Map()
    this.#fields.set(name.toLowerCase(), { name, value })
  }

  #bytes(): number {
    let bytes = 0
    for (const { name, value } of this.#fields?.values() ?? []) bytes += name.length + value.length
    return bytes
  }
}

/** Tells whether a field sets a meta. */
export function isSetMeta(lowerName: string): boolean {
  return lowerName.length > SET_PREFIX.length && lowerName.startsWith(SET_PREFIX)
}
