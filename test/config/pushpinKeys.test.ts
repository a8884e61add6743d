import { describe, expect, it } from 'vitest'
import { load } from './support.ts'

/** Every key that a Pushpin from 1.0 to 2.0 reads, with a value that it may have. Pushpin: operations.md §5.3. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  global: [
    'include={libdir}/internal.conf',
    'rundir=run',
    'libdir=/usr/lib/pushpin',
    'ipc_prefix=pushpin-',
    'port_offset=0',
    'stats_connection_ttl=120',
    'stats_connection_send=true',
  ],
  runner: [
    'services=connmgr,proxy,handler',
    'rundir=run',
    'http_port=7999',
    'https_ports=443',
    'local_ports={rundir}/{ipc_prefix}server?mode=777',
    'logdir=log',
    'log_level=2,proxy:3',
    'client_buffer_size=8192',
    'client_maxconn=50000',
    'allow_compression=false',
    'condure_bin=condure',
    'mongrel2_bin=mongrel2',
    'm2sh_bin=m2sh',
    'm2adapter_bin=m2adapter',
    'zurl_bin=zurl',
    'proxy_bin=pushpin-proxy',
    'handler_bin=pushpin-handler',
  ],
  proxy: [
    'workers=1',
    'routesfile=routes',
    'debug=false',
    'auto_cross_origin=false',
    'accept_x_forwarded_protocol=false',
    'set_x_forwarded_protocol=proto-only',
    'x_forwarded_for=truncate:0,append',
    'x_forwarded_for_trusted=',
    'orig_headers_need_mark=',
    'accept_pushpin_route=false',
    'cdn_loop=',
    'log_from=false',
    'log_user_agent=false',
    'sig_iss=pushpin',
    'sig_key=changeme',
    'upstream_key=',
    'sockjs_url=',
    'max_open_requests=0',
    'ipc_file_mode=777',
    'stats_report_interval=10',
    'stats_connections_max_ttl=60',
    'prometheus_port=',
    'prometheus_prefix=',
    'updates_check=off',
    'organization_name=',
    'stats_spec=ipc://{rundir}/{ipc_prefix}proxy-stats',
    'command_spec=ipc://{rundir}/{ipc_prefix}proxy-command',
    ...[
      'connmgr_in_specs connmgr_in_stream_specs connmgr_out_specs connmgr_client_out_specs',
      'connmgr_client_out_stream_specs connmgr_client_in_specs condure_in_specs condure_in_stream_specs',
      'condure_out_specs m2a_in_specs m2a_in_stream_specs m2a_out_specs zurl_out_specs zurl_out_stream_specs',
      'zurl_in_specs handler_inspect_spec handler_accept_spec handler_retry_in_spec handler_ws_control_init_specs',
      'handler_ws_control_stream_specs handler_ws_control_in_spec handler_ws_control_out_spec intreq_in_specs',
      'intreq_in_stream_specs intreq_out_specs',
    ]
      .flatMap((line) => line.split(' '))
      .map((key) => `${key}=ipc://{rundir}/{ipc_prefix}${key}`),
  ],
  handler: [
    'ipc_file_mode=777',
    'push_in_spec=tcp://127.0.0.1:5560',
    'push_in_sub_specs=tcp://127.0.0.1:5562',
    'push_in_sub_spec=',
    'push_in_sub_connect=false',
    'push_in_http_addr=127.0.0.1',
    'push_in_http_port=5561',
    'push_in_http_max_headers_size=10000',
    'push_in_http_max_body_size=1000000',
    'stats_spec=ipc://{rundir}/{ipc_prefix}stats',
    'command_spec=tcp://127.0.0.1:5563',
    'state_spec=',
    'message_rate=2500',
    'message_hwm=25000',
    'message_block_size=1024',
    'message_wait=5000',
    'id_cache_ttl=60',
    'update_on_first_subscription=true',
    'connection_subscription_max=20',
    'subscription_linger=60',
    'stats_subscription_ttl=60',
    'stats_report_interval=10',
    'stats_format=tnetstring',
    'prometheus_port=',
    'prometheus_prefix=',
    'share_all=false',
    ...[
      'proxy_inspect_spec proxy_accept_spec proxy_retry_out_spec proxy_ws_control_in_spec proxy_ws_control_out_spec',
      'proxy_ws_control_init_specs proxy_ws_control_stream_specs proxy_stats_spec proxy_command_spec',
      'proxy_intreq_out_specs proxy_intreq_out_stream_specs proxy_intreq_in_specs connmgr_in_stream_specs',
      'connmgr_out_specs m2a_in_stream_specs m2a_out_specs',
    ]
      .flatMap((line) => line.split(' '))
      .map((key) => `${key}=ipc://{rundir}/{ipc_prefix}${key}`),
  ],
}

describe('every key of Pushpin', () => {
  const entries = Object.entries(KEYS).flatMap(([section, lines]) => lines.map((line) => ({ section, line })))
  it.each(entries)('is known in [$section]: $line', ({ section, line }) => {
    const listener = line.startsWith('http_port') ? '' : '[runner]\nhttp_port=7999\n'
    const files = {
      '/etc/h.conf': `${listener}[proxy]\nroutesfile=routes\n[handler]\npush_in_http_addr=127.0.0.1\n[${section}]\n${line}\n`,
    }
    const { warnings } = load({ argv: ['--config=/etc/h.conf'], files })
    expect(warnings.filter((warning) => /unknown|belongs in/.test(warning))).toEqual([])
  })
})
