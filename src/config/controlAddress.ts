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
 * whoever reaches it can publish. Where nobody wrote the address down it is for this machine alone, as in the file that Pushpin
 * ships. So it is with the file of the Fastly CLI, which asks for all addresses: it is written anew for each run, and is only
 * meant for programs on the same machine.
 */
export function resolveControlAddress(values: OptionValues, settings: Settings, findings: Findings): string {
  const { controlAddress: host, controlPort: port } = values.handler
  const { control } = values
  if (port === undefined || isLoopback(host) || isLocked(control) || control.allowOpen) return host
  const place = settings.get(settingName('handler', 'push_in_http_addr'))?.place
  const isFromFastly = settings.get(settingName('proxy', 'sig_key'))?.value.text === FASTLY_LOCAL_KEY
  if (place === undefined || isFromFastly) {
    findings.warnings.push(
      `the control API listens on ${LOOPBACK} and not on ${host}, because it asks for no key; HOLDFAST_ALLOW_OPEN=true opens it`,
    )
    return LOOPBACK
  }
  findings.faults.push(
    `${place}: the control API on ${host} would let other machines publish without a key; ` +
      'set auth_key or auth_basic in [control], or push_in_http_addr=127.0.0.1, or allow_open=true in [control]',
  )
  return host
}
