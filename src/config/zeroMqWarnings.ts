import type { Config } from './config.ts'
import { type ZeroMqPlace, zeroMqPlaces } from './zeroMqPlaces.ts'
import { isLocalSpec } from './zeroMqSpec.ts'

/** What somebody who reaches a bound socket can do. */
const ABILITIES: Readonly<Record<ZeroMqPlace['key'], string>> = {
  push_in_spec: 'publish',
  push_in_sub_specs: 'publish',
  command_spec: 'publish and give commands',
  stats_spec: 'see who is connected',
}

/** Says which bound ZeroMQ sockets other machines can reach unasked for: ZeroMQ asks nobody who they are. */
export function openSocketWarnings(config: Config): string[] {
  if (config.control.allowOpen) return []
  const bound = zeroMqPlaces(config).filter(({ isBound }) => isBound)
  return bound.flatMap(({ key, specs }) =>
    specs
      .filter((spec) => !isLocalSpec(spec))
      .map(
        (spec) =>
          `the ZeroMQ socket at ${spec} (${key}) asks for no key: whoever reaches it can ${ABILITIES[key]}`,
      ),
  )
}

/** Says which SUB specs have no effect: as in Pushpin only one is bound. */
export function unboundSpecWarnings({ handler }: Config): string[] {
  const [, ...others] = handler.subSpecs
  if (handler.connectsSub || others.length === 0) return []
  return [`push_in_sub_specs in [handler]: only the first is bound, ${others.join(', ')} is ignored`]
}
