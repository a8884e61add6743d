import type { SectionName } from '../option.ts'

/** Settings of Pushpin's own processes and of its updates check. One process has no use for them. */
const IGNORED_KEYS: Readonly<Record<SectionName, readonly string[]>> = {
  global: [],
  runner: [
    'services',
    'rundir',
    'logdir',
    'condure_bin',
    'mongrel2_bin',
    'm2sh_bin',
    'zurl_bin',
    'm2adapter_bin',
    'proxy_bin',
    'handler_bin',
  ],
  proxy: [
    'ipc_file_mode',
    'stats_spec',
    'command_spec',
    'stats_report_interval',
    'stats_connections_max_ttl',
    'updates_check',
    'organization_name',
  ],
  handler: [],
  control: [],
  cluster: [],
}

/** Names of the sockets by which Pushpin's processes talk to each other; all stand in its internal.conf. */
const INTERNAL_SOCKET = /^(?:connmgr|condure|m2a|zurl|handler|proxy|intreq)_\w+_specs?$/

/** Tells whether a key is Pushpin's own business, to be passed over without a word. */
export function isIgnoredKey(section: SectionName, key: string): boolean {
  if (IGNORED_KEYS[section].includes(key)) return true
  return (section === 'proxy' || section === 'handler') && INTERNAL_SOCKET.test(key)
}

/** Lists the ignored keys of a section, for the documentation. */
export function ignoredKeys(section: SectionName): readonly string[] {
  return IGNORED_KEYS[section]
}
