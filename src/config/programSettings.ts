import type { Setting } from './configFile.ts'
import type { SectionName } from './option.ts'
import { plainValue } from './rawValue.ts'

/** Settings by section and key, as docs/configuration.md lists them: `{ proxy: { debug: true } }`. */
export type ProgramSettings = Readonly<
  Partial<Record<SectionName, Readonly<Record<string, string | number | boolean>>>>
>

/** Lists the settings that a program makes; relative paths in them start in `directory`. */
export function programSettings(settings: ProgramSettings, directory: string): readonly Setting[] {
  return Object.entries(settings).flatMap(([section, values]) =>
    Object.entries(values).map(([key, value]) => {
      const place = `settings.${section}.${key}`
      return { section, key, value: plainValue(String(value)), place, directory }
    }),
  )
}
