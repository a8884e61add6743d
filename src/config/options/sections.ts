import type { Option, SectionName, SectionOptions, SectionValues } from '../option.ts'
import { clusterOptions } from './clusterOptions.ts'
import { controlOptions } from './controlOptions.ts'
import { globalOptions } from './globalOptions.ts'
import { handlerOptions } from './handlerOptions.ts'
import { laterOptions } from './laterOptions.ts'
import { proxyOptions } from './proxyOptions.ts'
import { runnerOptions } from './runnerOptions.ts'

/** Every option that has an effect, by section and by its name in Config. */
export const sections = {
  global: globalOptions,
  runner: runnerOptions,
  proxy: proxyOptions,
  handler: handlerOptions,
  control: controlOptions,
  cluster: clusterOptions,
} satisfies Record<SectionName, SectionOptions>

/** The values of all options with an effect, by section. */
export type OptionValues = { readonly [S in keyof typeof sections]: SectionValues<(typeof sections)[S]> }

/** The sections in the order in which a pushpin.conf has them; ours are the last. */
export const SECTION_NAMES: readonly SectionName[] = [
  'global',
  'runner',
  'proxy',
  'handler',
  'control',
  'cluster',
]

/** Lists the options of a section, those without effect last. */
export function optionsOf(section: SectionName): readonly Option<unknown>[] {
  return [...Object.values<Option<unknown>>(sections[section]), ...laterOptions[section]]
}

/** Tells whether a text names a section. */
export function isSectionName(name: string): name is SectionName {
  return (SECTION_NAMES as readonly string[]).includes(name)
}
