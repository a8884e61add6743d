import { dirname, resolve } from 'node:path'
import { HoldfastError } from '../errors.ts'
import type { Findings } from './findings.ts'
import { parseIni } from './ini.ts'
import type { RawValue } from './rawValue.ts'

/** Where a configuration file is looked for in the working directory. /etc is left to Pushpin itself. */
export const SEARCHED_FILES: readonly string[] = ['holdfast.conf', 'config/pushpin.conf', 'pushpin.conf']

/** One setting with the place where it was made. */
export interface Setting {
  readonly section: string
  readonly key: string
  readonly value: RawValue
  /** `FILE:LINE`, a flag or an environment variable. */
  readonly place: string
  /** Where relative paths in it start. */
  readonly directory: string
}

/** A configuration file that was read. */
export interface ConfigFile {
  /** As it was named, for messages. */
  readonly name: string
  readonly path: string
  readonly text: string
}

/** How files are read, and where relative paths begin. */
export interface FileAccess {
  readonly cwd: string
  readonly readFile: (path: string) => string
}

/** Reads the named file, or the first that exists of those searched; undefined when there is none. Throws CONFIG_INVALID. */
export function readConfigFile(named: string | undefined, access: FileAccess): ConfigFile | undefined {
  if (named !== undefined) return readNamed(named, access)
  for (const name of SEARCHED_FILES) {
    const path = resolve(access.cwd, name)
    try {
      return { name, path, text: access.readFile(path) }
    } catch (error) {
      if (!isMissing(error)) throw unreadable(name, error)
    }
  }
  return undefined
}

function readNamed(name: string, access: FileAccess): ConfigFile {
  const path = resolve(access.cwd, name)
  try {
    return { name, path, text: access.readFile(path) }
  } catch (error) {
    throw unreadable(name, error)
  }
}

/** Lists a file's settings in their order, those of the file that it includes first, so that later ones win. */
export function fileSettings(file: ConfigFile, access: FileAccess, findings: Findings): readonly Setting[] {
  const own = parseFile(file, findings)
  const include = own.findLast(({ section, key }) => section === 'global' && key === 'include')
  const name = include === undefined ? '' : includedName(include.value.text, own)
  if (include === undefined || name === '') return own
  const included = findings.attempt(`${include.place}: include`, () =>
    readNamed(name, { ...access, cwd: dirname(file.path) }),
  )
  if (included === undefined) return own
  // Pushpin: wherever the included file is, its paths start at the folder of the one that includes it.
  const directory = dirname(file.path)
  return [...parseFile(included, findings).map((setting) => ({ ...setting, directory })), ...own]
}

/** Empty for Pushpin's internal.conf: that only says how its own processes reach each other. */
function includedName(text: string, settings: readonly Setting[]): string {
  if (text === 'internal.conf' || text === '{libdir}/internal.conf') return ''
  return substituteVariables(text, fileVariables(settings))
}

function parseFile(file: ConfigFile, findings: Findings): Setting[] {
  const { entries, faults } = parseIni(file.text)
  findings.faults.push(...faults.map(({ line, reason }) => `${file.name}:${line}: ${reason}`))
  const directory = dirname(file.path)
  return entries.map(({ section, key, line, text, items }) => {
    return { section, key, value: { text, items }, place: `${file.name}:${line}`, directory }
  })
}

/** What `{name}` in a value stands for. */
export type Variables = ReadonlyMap<string, string>

/** Answers the variables that a file's own settings define; `rundir` once stood in `[runner]`. */
export function fileVariables(settings: readonly Setting[]): Map<string, string> {
  const variables = new Map([
    ['rundir', ''],
    ['ipc_prefix', 'pushpin-'],
  ])
  for (const { section, key, value } of settings) {
    if (section === 'runner' && key === 'rundir') variables.set(key, value.text)
  }
  for (const { section, key, value } of settings) {
    if (section === 'global' && ['rundir', 'libdir', 'ipc_prefix'].includes(key))
      variables.set(key, value.text)
  }
  return variables
}

/** Replaces `{rundir}`, `{libdir}` and `{ipc_prefix}`; anything else in braces stays. */
export function substituteVariables(text: string, variables: Variables): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => variables.get(name) ?? whole)
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function unreadable(name: string, error: unknown): HoldfastError {
  const { code, message } = error as NodeJS.ErrnoException
  const reason = isMissing(error) ? 'no such file' : code === 'EISDIR' ? 'it is a directory' : message
  return new HoldfastError('CONFIG_INVALID', `cannot read ${name}: ${reason}`, { cause: error })
}
