import type { Config } from './config.ts'
import { isLocalSpec } from './zeroMqSpec.ts'

/** A ZeroMQ socket that is configured. */
export interface ZeroMqPlace {
  /** The setting that asks for it. */
  readonly key: 'push_in_spec' | 'push_in_sub_specs' | 'command_spec' | 'stats_spec'
  readonly specs: readonly string[]
  /** False when it connects. */
  readonly isBound: boolean
}

/** Lists the ZeroMQ sockets of a configuration, in the order of their settings; of bound SUB specs only the first has one. */
export function zeroMqPlaces({ handler }: Pick<Config, 'handler'>): readonly ZeroMqPlace[] {
  const { pullSpec, subSpecs, connectsSub, commandSpec, statsSpec } = handler
  const bound = (key: ZeroMqPlace['key'], spec: string | undefined): ZeroMqPlace => ({
    key,
    specs: spec === undefined ? [] : [spec],
    isBound: true,
  })
  const sub: ZeroMqPlace = connectsSub
    ? { key: 'push_in_sub_specs', specs: subSpecs, isBound: false }
    : bound('push_in_sub_specs', subSpecs[0])
  return [
    bound('push_in_spec', pullSpec),
    sub,
    bound('command_spec', commandSpec),
    bound('stats_spec', statsSpec),
  ].filter(({ specs }) => specs.length > 0)
}

/**
 * Tells whether all ZeroMQ sockets are bound, and for this machine only. Those in the files that Pushpin and the Fastly CLI ship are,
 * whether anybody uses them or not.
 */
export function hasOnlyLocalZeroMq(config: Pick<Config, 'handler'>): boolean {
  return zeroMqPlaces(config).every(({ specs, isBound }) => isBound && specs.every(isLocalSpec))
}
