import type { Findings } from './findings.ts'
import { isLoopback } from './networkTypes.ts'
import type { OptionValues } from './options/sections.ts'
import { type Settings, settingName } from './settings.ts'

const LOOPBACK = '127.0.0.1'

/** The signing key in each file that the Fastly CLI writes for local tests. It stands in that program's public source. */
const FASTLY_LOCAL_KEY = 'viceroy_dev_signing_key_dont_use_in_production'

/** Tells whether callers of the control API must show a key or a password. */
export function isLocked({ authKey, authBasic }: OptionValues['control']): boolean {
  return authKey !== undefined || authBasic !== undefined
}

/**
 * Answers where the control API listens. One that other machines reach without a key is a fault, unless it is asked for:
 * whoever reaches it can publish. The Fastly CLI's file asks for one, is written anew for each run, and is only meant for
 * programs on the same machine, so these alone are let in.
 */
export function resolveControlAddress(values: OptionValues, settings: Settings, findings: Findings): string {
  const { controlAddress: host, controlPort: port } = values.handler
  const { control } = values
  if (port === undefined || isLoopback(host) || isLocked(control) || control.allowOpen) return host
  if (settings.get(settingName('proxy', 'sig_key'))?.value.text === FASTLY_LOCAL_KEY) {
    findings.warnings.push(
      `the control API listens on ${LOOPBACK} and not on ${host}, because it asks for no key; HOLDFAST_ALLOW_OPEN=true opens it`,
    )
    return LOOPBACK
  }
  const place = settings.get(settingName('handler', 'push_in_http_addr'))?.place
  findings.faults.push(
    `${place ?? 'push_in_http_addr in [handler]'}: the control API on ${host} would let other machines publish without a key; ` +
      'set auth_key or auth_basic in [control], or push_in_http_addr=127.0.0.1, or allow_open=true in [control]',
  )
  return host
}
