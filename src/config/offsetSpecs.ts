import type { Findings } from './findings.ts'
import type { OptionValues } from './options/sections.ts'
import { offsetSpec } from './zeroMqSpec.ts'

type SpecOptions = Pick<
  OptionValues['handler'],
  'pullSpec' | 'subSpecs' | 'olderSubSpecs' | 'commandSpec' | 'statsSpec'
>

/**
 * Adds the port offset to all ZeroMQ specs, and joins the two spellings of the SUB socket's. What comes out as no port is a
 * fault.
 */
export function offsetSpecs({ global, handler }: OptionValues, findings: Findings): SpecOptions {
  const move = (key: string, spec: string): string =>
    findings.attempt(`${key} in [handler]`, () => offsetSpec(spec, global.portOffset)) ?? spec
  const { pullSpec, subSpecs, olderSubSpecs, commandSpec, statsSpec } = handler
  const moved = {
    sub: subSpecs.map((spec) => move('push_in_sub_specs', spec)),
    olderSub: olderSubSpecs.map((spec) => move('push_in_sub_spec', spec)),
  }
  return {
    pullSpec: pullSpec && move('push_in_spec', pullSpec),
    subSpecs: [...moved.sub, ...moved.olderSub],
    olderSubSpecs: moved.olderSub,
    commandSpec: commandSpec && move('command_spec', commandSpec),
    statsSpec: statsSpec && move('stats_spec', statsSpec),
  }
}
