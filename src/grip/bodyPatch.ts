import { applyPatch } from 'rfc6902'
import { HoldfastError } from '../errors.ts'
import { isEqualJson, isJsonContainer, JsonBudget, writeSorted } from './bodyPatch/jsonValue.ts'
import { type Location, locate, valueAt } from './bodyPatch/location.ts'
import { type PatchOperation, type PutOperation, parseOperation } from './bodyPatch/patchOperation.ts'
import { DOCUMENT, type Pointer, pointerStep } from './bodyPatch/pointer.ts'
import { parseJsonBytes } from './jsonText.ts'

/**
 * Applies a JSON Patch (RFC 6902) to a JSON object or array, all operations or none. GRIP: `body-patch`.
 *
 * Members are written in the order of their names, as Pushpin does; a newline at the end is kept, other blanks are not. As
 * everywhere in JavaScript, integers beyond 2^53 lose their last digits. The pointer `/` means the whole body as the empty one
 * does, because Pushpin has no other name for it; otherwise RFC 6902 is followed where Pushpin is not: `add` inserts into
 * arrays, `test` compares type and value.
 *
 * @throws HoldfastError PATCH_FAILED: the body is no JSON object or array, before or after; or `operation N: ...`, counted
 * from 0, for the first one that cannot be carried out
 */
export function applyBodyPatch(body: Buffer, patch: readonly unknown[]): Buffer {
  const document = parseJsonBytes(body)
  requireContainer(document, 'the response body is not a JSON object or array')
  requireFit(document, 'the response body')
  const patched = applyAll(document, patch)
  requireContainer(patched, 'the patched body is not a JSON object or array')
  requireFit(patched, 'the patched body')
  return Buffer.concat([Buffer.from(writeSorted(patched)), lineEnd(body)])
}

/** The document in a holder, so that the whole of it can be replaced as a member can. */
type Holder = Record<typeof DOCUMENT, unknown>

function applyAll(document: unknown, patch: readonly unknown[]): unknown {
  const holder: Holder = { [DOCUMENT]: document }
  const budget = new JsonBudget()
  for (const [index, value] of patch.entries()) {
    const operation = parseOperation(value)
    const fault = typeof operation === 'string' ? operation : applyOperation(holder, operation, budget)
    if (fault !== undefined) throw patchFailed(`operation ${index}: ${fault}`)
  }
  return holder[DOCUMENT]
}

/** Carries out one operation, or says why it cannot be. */
function applyOperation(holder: Holder, operation: PatchOperation, budget: JsonBudget): string | undefined {
  switch (operation.op) {
    case 'add':
    case 'replace':
      return put(holder, operation, budget)
    case 'remove':
      return change(locate(holder, operation.path, 'existing'), operation)
    case 'test':
      return test(holder, operation.path, operation.value)
    case 'move':
    case 'copy':
      return transfer(holder, operation, budget)
  }
}

function put(holder: Holder, operation: PutOperation, budget: JsonBudget): string | undefined {
  const fault = budget.spend(operation.value)
  if (fault !== undefined) return `the value ${fault}`
  return change(locate(holder, operation.path, operation.op === 'add' ? 'new' : 'existing'), operation)
}

function test(holder: Holder, path: Pointer, expected: unknown): string | undefined {
  const location = locate(holder, path, 'existing')
  if (typeof location === 'string') return location
  return isEqualJson(valueAt(location), expected) ? undefined : 'the value is another one'
}

/** Takes both apart as RFC 6902 §4.4 and §4.5 define them. */
function transfer(
  holder: Holder,
  { op, from, path }: Extract<PatchOperation, { op: 'move' | 'copy' }>,
  budget: JsonBudget,
): string | undefined {
  const source = locate(holder, from, 'existing')
  if (typeof source === 'string') return source
  const value = valueAt(source)
  if (op === 'move') {
    if (isInside(path, from)) return 'a value cannot be moved into itself'
    const fault = change(source, { op: 'remove' })
    if (fault !== undefined) return fault
  }
  return put(holder, { op: 'add', path, value }, budget)
}

/**
 * Has the library change one place. It is given the container and a name in it, both checked: on its way through a whole
 * document it would take inherited names for members, and names for indexes.
 */
function change(
  location: Location | string,
  step: Pick<PutOperation, 'op' | 'value'> | { readonly op: 'remove' },
): string | undefined {
  if (typeof location === 'string') return location
  const path = pointerStep(location.name)
  const operation = step.op === 'remove' ? { op: step.op, path } : { op: step.op, path, value: step.value }
  const [fault] = applyPatch(location.container, [operation])
  return fault?.message
}

function isInside(path: Pointer, ancestor: Pointer): boolean {
  return path.length > ancestor.length && ancestor.every((name, index) => name === path[index])
}

function requireContainer(value: unknown, text: string): void {
  if (!isJsonContainer(value)) throw patchFailed(text)
}

function requireFit(value: unknown, name: string): void {
  const fault = new JsonBudget().spend(value)
  if (fault !== undefined) throw patchFailed(`${name} ${fault}`)
}

/** The newline at the end of a body, if any; Pushpin keeps it too. */
function lineEnd(body: Buffer): Buffer {
  if (body.at(-1) !== 0x0a) return body.subarray(0, 0)
  return body.subarray(body.at(-2) === 0x0d ? -2 : -1)
}

function patchFailed(text: string): HoldfastError {
  return new HoldfastError('PATCH_FAILED', text)
}
