import type { RawValue } from './rawValue.ts'

/** The sections of a pushpin.conf, and `control` and `cluster`, which are ours. */
export type SectionName = 'global' | 'runner' | 'proxy' | 'handler' | 'control' | 'cluster'

/** What a value's meaning may depend on. */
export interface ValueContext {
  /** Where relative paths start: the folder of the configuration file, else the working directory. */
  readonly directory: string
  /** Reads a file as text; throws what `fs.readFileSync` throws. */
  readonly readFile: (path: string) => string
}

/** How the text of a setting becomes a value. */
export interface ValueType<T> {
  /** The form in the words of the documentation, such as `integer, 1 to 65535`. */
  readonly form: string
  /** Undefined when the text says nothing, so that the default holds. Throws CONFIG_INVALID, or KEY_INVALID. */
  parse(raw: RawValue, context: ValueContext): T | undefined
  /** Says what is odd about a text that can be used; undefined when nothing is. */
  doubt?(raw: RawValue): string | undefined
}

/** The one declaration of a setting: what reads it, documents it and names its other spellings. */
export interface Option<T> {
  readonly key: string
  readonly type: ValueType<T>
  readonly default: T
  /** What holds instead of the default when there is no configuration file; text as in a file. */
  readonly withoutFile?: string
  readonly unit?: 's' | 'ms' | 'bytes' | 'deliveries/s' | 'deliveries'
  /** Environment variable that overrides the file. */
  readonly env?: string
  /** Name of the flag that overrides the file and the environment. */
  readonly flag?: string
  /** One sentence for the documentation. */
  readonly about: string
}

/** The options of one section by the name that they have in Config. */
export type SectionOptions = Readonly<Record<string, Option<unknown>>>

/** The values that the options of a section yield. */
export type SectionValues<S extends SectionOptions> = {
  readonly [K in keyof S]: S[K] extends Option<infer T> ? T : never
}

/** Declares an option; only there to infer its type. */
export function option<T>(declaration: Option<T>): Option<T> {
  return declaration
}
