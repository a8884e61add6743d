import { isJsonContainer, type JsonContainer } from './jsonValue.ts'
import { type Pointer, showNames } from './pointer.ts'

/** A place in a document: a name in an object, or an index of an array (`-`: its end). */
export interface Location {
  readonly container: JsonContainer
  readonly name: string
}

/** No sign, no leading zeros. RFC 6901 §4. */
const INDEX = /^(?:0|[1-9][0-9]*)$/

/**
 * Finds the place where a value is (`existing`) or can be added (`new`), or says why there is none. The path starts in a
 * holder of the document, so that the whole document has a place too.
 */
export function locate(holder: JsonContainer, path: Pointer, kind: 'existing' | 'new'): Location | string {
  let container = holder
  for (const [depth, name] of path.slice(0, -1).entries()) {
    const value = has(container, name) ? valueAt({ container, name }) : undefined
    if (!isJsonContainer(value)) return `no object or array at ${showNames(path.slice(1, depth + 1))}`
    container = value
  }
  const name = path.at(-1) ?? ''
  const isThere = kind === 'existing' ? has(container, name) : canAdd(container, name)
  return isThere ? { container, name } : `no place ${showNames(path.slice(1))}`
}

/** Returns what is at an existing place. */
export function valueAt({ container, name }: Location): unknown {
  return (container as Readonly<Record<string, unknown>>)[name]
}

function has(container: JsonContainer, name: string): boolean {
  if (!Array.isArray(container)) return Object.hasOwn(container, name)
  return INDEX.test(name) && Number(name) < container.length
}

function canAdd(container: JsonContainer, name: string): boolean {
  if (!Array.isArray(container)) return true
  return name === '-' || (INDEX.test(name) && Number(name) <= container.length)
}
