import { isJsonObject } from '../jsonFields.ts'
import { type Pointer, parsePointer } from './pointer.ts'

/** Operations that bring a value. */
export interface PutOperation {
  readonly op: 'add' | 'replace'
  readonly path: Pointer
  readonly value: unknown
}

/** One operation, its members checked. RFC 6902 §4. */
export type PatchOperation =
  | PutOperation
  | { readonly op: 'test'; readonly path: Pointer; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer }

/** Parses an operation, or says what is wrong with it. Unknown members are ignored. */
export function parseOperation(value: unknown): PatchOperation | string {
  if (!isJsonObject(value)) return 'not an object'
  const path = readPointer(value, 'path')
  if (typeof path === 'string') return path
  const op = read(value, 'op')
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      return Object.hasOwn(value, 'value') ? { op, path, value: value['value'] } : `${op} needs 'value'`
    case 'remove':
      return { op, path }
    case 'move':
    case 'copy': {
      const from = readPointer(value, 'from')
      return typeof from === 'string' ? from : { op, path, from }
    }
    default:
      return "'op' is none of add, remove, replace, move, copy, test"
  }
}

function readPointer(operation: Readonly<Record<string, unknown>>, key: 'path' | 'from'): Pointer | string {
  const text = read(operation, key)
  if (typeof text !== 'string') return `'${key}' is not a string`
  const pointer = parsePointer(text)
  return typeof pointer === 'string' ? `'${key}': ${pointer}` : pointer
}

function read(operation: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(operation, key) ? operation[key] : undefined
}
