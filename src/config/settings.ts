import {
  type ConfigFile,
  type FileAccess,
  fileSettings,
  fileVariables,
  type Setting,
  substituteVariables,
} from './configFile.ts'
import { type Environment, readVariable } from './environment.ts'
import type { Findings } from './findings.ts'
import type { ParsedFlags } from './flags.ts'
import type { Option, SectionName } from './option.ts'
import { optionsOf, SECTION_NAMES } from './options/sections.ts'
import { mapValue, plainValue } from './rawValue.ts'

/** Where settings come from. */
export interface SettingSources {
  readonly file: ConfigFile | undefined
  /** Those that a program makes. */
  readonly program: readonly Setting[]
  readonly flags: ParsedFlags
  readonly env: Environment
  readonly access: FileAccess
}

/** The settings in force, by `section.key`. */
export type Settings = ReadonlyMap<string, Setting>

/** Joins all sources: flags win over the environment, the environment over the file or what a program sets. */
export function collectSettings(sources: SettingSources, findings: Findings): Settings {
  const { file, program, flags, env, access } = sources
  const instance = instanceSettings(flags, access.cwd, findings)
  const fromFile = file === undefined ? [] : fileSettings(file, access, findings)
  const overrides = [
    ...program,
    ...environmentSettings(env, access.cwd),
    ...instance,
    ...flagSettings(flags, access.cwd),
  ]
  const merged = new Map<string, Setting>()
  for (const setting of [...substituted(fromFile, instance), ...overrides]) {
    merged.set(settingName(setting.section, setting.key), setting)
  }
  return merged
}

/** Names a setting in a way that no other has. */
export function settingName(section: string, key: string): string {
  return `${section}.${key}`
}

function substituted(settings: readonly Setting[], instance: readonly Setting[]): Setting[] {
  const variables = fileVariables([...settings, ...instance])
  return settings.map((setting) => {
    const value = mapValue(setting.value, (text) => substituteVariables(text, variables))
    return { ...setting, value }
  })
}

/** `--id=N`: several instances on one machine with one configuration file. */
function instanceSettings(flags: ParsedFlags, cwd: string, findings: Findings): Setting[] {
  const id = flags.values.get('id')
  if (id === undefined) return []
  if (!/^\d{1,4}$/.test(id)) {
    findings.faults.push(`--id: id must be an integer greater than or equal to 0, found "${id}"`)
    return []
  }
  const make = (key: string, text: string): Setting => {
    return { section: 'global', key, value: plainValue(text), place: '--id', directory: cwd }
  }
  return [make('ipc_prefix', `p${id}-`), make('port_offset', String(Number(id) * 10))]
}

function environmentSettings(env: Environment, directory: string): Setting[] {
  return overridable().flatMap(({ section, option }) => {
    const text = option.env === undefined ? undefined : readVariable(env, option.env)
    if (option.env === undefined || text === undefined) return []
    return [{ section, key: option.key, value: plainValue(text), place: option.env, directory }]
  })
}

function flagSettings(flags: ParsedFlags, directory: string): Setting[] {
  return overridable().flatMap(({ section, option }) => {
    const text = option.flag === undefined ? undefined : flagText(flags, option.flag)
    if (text === undefined) return []
    return [{ section, key: option.key, value: plainValue(text), place: `--${option.flag}`, directory }]
  })
}

const VERBOSE_LEVEL = '3'

function flagText(flags: ParsedFlags, name: string): string | undefined {
  const value = flags.values.get(name)
  return value === undefined && name === 'loglevel' && flags.switches.has('verbose') ? VERBOSE_LEVEL : value
}

function overridable(): { section: SectionName; option: Option<unknown> }[] {
  return SECTION_NAMES.flatMap((section) => optionsOf(section).map((option) => ({ section, option })))
}
