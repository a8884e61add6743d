import type { Setting } from './configFile.ts'
import type { Findings } from './findings.ts'
import type { Option, SectionName, SectionOptions, SectionValues } from './option.ts'
import { isIgnoredKey } from './options/ignoredKeys.ts'
import { laterOptions } from './options/laterOptions.ts'
import { isSectionName, type OptionValues, optionsOf, SECTION_NAMES, sections } from './options/sections.ts'
import { plainValue } from './rawValue.ts'
import { type Settings, settingName } from './settings.ts'

interface Resolution {
  /** There is no configuration file, so the defaults of a first try hold. */
  readonly isStandalone: boolean
  readonly readFile: (path: string) => string
  readonly findings: Findings
}

/** Turns settings into values; what is unusable, unknown or without effect goes to the findings. */
export function resolveOptions(settings: Settings, resolution: Resolution): OptionValues {
  for (const setting of settings.values()) warnIfUnknown(setting, resolution.findings)
  warnOfLater(settings, resolution)
  const section = <S extends SectionOptions>(name: SectionName, options: S): SectionValues<S> =>
    resolveSection(name, options, { settings, ...resolution })
  return {
    global: section('global', sections.global),
    runner: section('runner', sections.runner),
    proxy: section('proxy', sections.proxy),
    handler: section('handler', sections.handler),
    control: section('control', sections.control),
    cluster: section('cluster', sections.cluster),
  }
}

function resolveSection<S extends SectionOptions>(
  name: SectionName,
  options: S,
  resolution: Resolution & { settings: Settings },
): SectionValues<S> {
  const values = Object.entries(options).map(([property, option]) => {
    return [property, resolveOption(name, option, resolution)]
  })
  return Object.fromEntries(values) as SectionValues<S>
}

function resolveOption(
  section: SectionName,
  option: Option<unknown>,
  resolution: Resolution & { settings: Settings },
): unknown {
  const set = resolution.settings.get(settingName(section, option.key))
  const setting = set ?? (resolution.isStandalone ? standaloneSetting(section, option) : undefined)
  return setting === undefined ? option.default : (parse(setting, option, resolution) ?? option.default)
}

function standaloneSetting(section: SectionName, { key, withoutFile }: Option<unknown>): Setting | undefined {
  if (withoutFile === undefined) return undefined
  return { section, key, value: plainValue(withoutFile), place: 'default', directory: '' }
}

function parse(setting: Setting, option: Option<unknown>, { readFile, findings }: Resolution): unknown {
  const { directory, value } = setting
  const doubt = option.type.doubt?.(value)
  if (doubt !== undefined) findings.warnings.push(`${describePlace(setting)}: ${doubt}`)
  return findings.attempt(describePlace(setting), () => option.type.parse(value, { directory, readFile }))
}

/** A flag or a variable says by its name which option it is; a line of a file is named with its key. */
function describePlace({ place, section, key }: Setting): string {
  return place.includes(':') ? `${place}: ${key} in [${section}]` : place
}

function warnIfUnknown({ place, section, key }: Setting, findings: Findings): void {
  if (!isSectionName(section)) {
    findings.warnings.push(
      `${place}: ${key} stands in ${section === '' ? 'no section' : `an unknown section [${section}]`}`,
    )
    return
  }
  if (isIgnoredKey(section, key) || hasKey(section, key)) return
  const home = SECTION_NAMES.find((name) => hasKey(name, key))
  const hint = home === undefined ? '' : `; it belongs in [${home}]`
  findings.warnings.push(`${place}: unknown key ${key} in [${section}]${hint}`)
}

function hasKey(section: SectionName, key: string): boolean {
  return optionsOf(section).some((option) => option.key === key)
}

/** One warning for all options that have no effect yet. */
function warnOfLater(settings: Settings, resolution: Resolution): void {
  const named = SECTION_NAMES.flatMap((section) => {
    const keys = laterOptions[section].filter((option) =>
      isChanged(section, option, { settings, ...resolution }),
    )
    return keys.length === 0 ? [] : [`${keys.map(({ key }) => key).join(', ')} in [${section}]`]
  })
  if (named.length > 0)
    resolution.findings.warnings.push(`not supported yet, and without effect: ${named.join('; ')}`)
}

function isChanged(
  section: SectionName,
  option: Option<unknown>,
  resolution: Resolution & { settings: Settings },
): boolean {
  return resolveOption(section, option, resolution) !== option.default
}
