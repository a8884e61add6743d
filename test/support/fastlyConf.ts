import { join } from 'node:path'
import { type ConfSections, confText, mergeConf } from './confFile.ts'

/**
 * The settings that `fastly compute serve` writes for local tests of Fanout, but for ports and folders: every key of its
 * template, of which those that are commented out there are left out here.
 */
export const FASTLY_CONF: ConfSections = {
  global: {
    include: '{libdir}/internal.conf',
    ipc_prefix: '',
    port_offset: 0,
    stats_connection_ttl: 120,
    stats_connection_send: true,
  },
  runner: {
    services: 'connmgr,proxy,handler',
    log_level: 2,
    client_buffer_size: 8192,
    client_maxconn: 50000,
    allow_compression: false,
  },
  proxy: {
    debug: false,
    auto_cross_origin: false,
    accept_x_forwarded_protocol: false,
    set_x_forwarded_protocol: 'proto-only',
    x_forwarded_for: '',
    x_forwarded_for_trusted: '',
    orig_headers_need_mark: '',
    accept_pushpin_route: true,
    cdn_loop: '',
    log_from: false,
    log_user_agent: false,
    sig_iss: 'viceroy',
    sig_key: 'viceroy_dev_signing_key_dont_use_in_production',
    upstream_key: '',
    sockjs_url: 'http://cdn.jsdelivr.net/sockjs/0.3.4/sockjs.min.js',
    updates_check: 'report',
    organization_name: '',
  },
  handler: {
    push_in_sub_connect: false,
    push_in_http_addr: '0.0.0.0',
    push_in_http_max_headers_size: 8192,
    push_in_http_max_body_size: 65536,
    stats_spec: 'ipc://{rundir}/{ipc_prefix}stats',
    message_rate: 2500,
    message_hwm: 25000,
    message_wait: 5000,
    id_cache_ttl: 60,
    update_on_first_subscription: true,
    connection_subscription_max: 20,
    subscription_linger: 60,
    stats_subscription_ttl: 60,
    stats_report_interval: 10,
    stats_format: 'tnetstring',
  },
}

/** The key with which that configuration signs. */
export const FASTLY_KEY = 'viceroy_dev_signing_key_dont_use_in_production'

/** Where a run of `fastly compute serve` has its files and ports. */
export interface FastlyPlaces {
  readonly folder: string
  readonly clientPort: number
  readonly publishPort: number
  /** Of PULL, SUB and command sockets; the CLI takes the ports after `publishPort`. */
  readonly zeroMqPorts: readonly [number, number, number]
}

/** Writes the configuration as the CLI does, with the absolute path of its routes file. */
export function fastlyConfText({ folder, clientPort, publishPort, zeroMqPorts }: FastlyPlaces): string {
  const [pull, sub, command] = zeroMqPorts.map((port) => `tcp://127.0.0.1:${port}`) as [
    string,
    string,
    string,
  ]
  const places: ConfSections = {
    global: { rundir: join(folder, 'run') },
    runner: { http_port: clientPort, logdir: join(folder, 'pushpin-logs') },
    proxy: { routesfile: join(folder, 'pushpin-routes') },
    handler: {
      push_in_http_port: publishPort,
      push_in_spec: pull,
      push_in_sub_specs: sub,
      command_spec: command,
    },
  }
  return confText(mergeConf(FASTLY_CONF, places))
}
