import { isAbsolute, resolve } from 'node:path'
import type { ValueContext, ValueType } from './option.ts'
import { invalidValue } from './valueTypes.ts'

/** A unix socket on which clients connect. */
export interface LocalPort {
  readonly path: string
  /** Permission bits; undefined leaves them to the umask. */
  readonly mode: number | undefined
  readonly uid: number | undefined
  readonly gid: number | undefined
}

const FORM = 'list of PATH, each perhaps with ?mode=OCTAL&user=NAME&group=NAME'

/** Reads paths with options behind a question mark, as in Pushpin. */
export const localPorts: ValueType<readonly LocalPort[]> = {
  form: FORM,
  parse: ({ items }, context) => items.map((item) => parseLocalPort(item, context)),
}

function parseLocalPort(text: string, context: ValueContext): LocalPort {
  const mark = text.indexOf('?')
  const path = mark < 0 ? text : text.slice(0, mark)
  const options = new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1))
  const unknown = [...options.keys()].find((key) => !OPTIONS.has(key))
  if (path === '' || unknown !== undefined) throw invalidValue(text, FORM)
  return {
    path: isAbsolute(path) ? path : resolve(context.directory, path),
    mode: parseMode(options.get('mode'), text),
    uid: findId(options.get('user'), '/etc/passwd', context),
    gid: findId(options.get('group'), '/etc/group', context),
  }
}

const OPTIONS: ReadonlySet<string> = new Set(['mode', 'user', 'group'])

function parseMode(mode: string | null, text: string): number | undefined {
  if (mode === null) return undefined
  if (!/^[0-7]{1,4}$/.test(mode)) throw invalidValue(text, 'an octal mode such as mode=660')
  return Number.parseInt(mode, 8)
}

/** Finds the number of a user or group by its name, in the file where the system keeps them: `name:x:number:...`. */
function findId(name: string | null, file: string, context: ValueContext): number | undefined {
  if (name === null) return undefined
  if (/^\d{1,9}$/.test(name)) return Number(name)
  for (const line of context.readFile(file).split('\n')) {
    const [entry, , id] = line.split(':')
    if (entry === name && id !== undefined) return Number(id)
  }
  throw invalidValue(name, `a name that stands in ${file}`)
}
