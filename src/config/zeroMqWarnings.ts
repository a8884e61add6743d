import type { Config } from './config.ts'
import { isLocalSpec } from './zeroMqSpec.ts'

/** Says which bound ZeroMQ sockets other machines can reach unasked for: ZeroMQ asks nobody who they are. */
export function openSocketWarnings({ handler, control }: Config): string[] {
  if (control.allowOpen) return []
  const { pullSpec, subSpecs, connectsSub, commandSpec, statsSpec } = handler
  const [subSpec] = connectsSub ? [] : subSpecs
  const places = [
    { key: 'push_in_spec', spec: pullSpec, can: 'publish' },
    { key: 'push_in_sub_specs', spec: subSpec, can: 'publish' },
    { key: 'command_spec', spec: commandSpec, can: 'publish and give commands' },
    { key: 'stats_spec', spec: statsSpec, can: 'see who is connected' },
  ]
  return places.flatMap(({ key, spec, can }) => {
    if (spec === undefined || isLocalSpec(spec)) return []
    return [`the ZeroMQ socket at ${spec} (${key}) asks for no key: whoever reaches it can ${can}`]
  })
}

/** Says which SUB specs have no effect: as in Pushpin only one is bound. */
export function unboundSpecWarnings({ handler }: Config): string[] {
  const [, ...others] = handler.subSpecs
  if (handler.connectsSub || others.length === 0) return []
  return [`push_in_sub_specs in [handler]: only the first is bound, ${others.join(', ')} is ignored`]
}
