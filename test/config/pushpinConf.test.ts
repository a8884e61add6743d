import { describe, expect, it } from 'vitest'
import { MISTAKES } from '../../src/util/mistakes.ts'
import { load } from './support.ts'

/** The settings of the pushpin.conf that Debian ships with Pushpin 1.36, with a few comments of our own. */
const DEBIAN = `[global]
include={libdir}/internal.conf
# a comment with a quote " and a = sign
rundir=/var/run/pushpin
ipc_prefix=pushpin-
port_offset=0
stats_connection_ttl=120

[runner]
services=condure,pushpin-proxy,pushpin-handler
http_port=7999
#https_ports=443
#local_ports={rundir}/{ipc_prefix}server
logdir=/var/log/pushpin
log_level=2
client_buffer_size=8192
client_maxconn=50000
condure_bin=condure
mongrel2_bin=mongrel2
m2sh_bin=m2sh
zurl_bin=zurl

[proxy]
routesfile=routes
debug=false
auto_cross_origin=false
accept_x_forwarded_protocol=false
set_x_forwarded_protocol=proto-only
x_forwarded_for=
x_forwarded_for_trusted=
orig_headers_need_mark=
accept_pushpin_route=false
log_from=false
log_user_agent=false
sig_iss=pushpin
sig_key=changeme
upstream_key=
sockjs_url=http://cdn.jsdelivr.net/sockjs/0.3.4/sockjs.min.js
updates_check=off
organization_name=

[handler]
#ipc_file_mode=777
push_in_spec=tcp://127.0.0.1:5560
push_in_sub_specs=tcp://127.0.0.1:5562
push_in_sub_connect=false
push_in_http_addr=127.0.0.1
push_in_http_port=5561
push_in_http_max_headers_size=10000
push_in_http_max_body_size=1000000
stats_spec=ipc://{rundir}/{ipc_prefix}stats
command_spec=tcp://127.0.0.1:5563
message_rate=2500
message_hwm=25000
#message_block_size=
message_wait=5000
id_cache_ttl=60
connection_subscription_max=20
subscription_linger=60
stats_subscription_ttl=60
stats_report_interval=10
stats_format=tnetstring
`

/** What later versions of Pushpin added to the file. */
const NEWER = [
  ['stats_connection_ttl=120', 'stats_connection_ttl=120\nstats_connection_send=true'],
  ['services=condure,pushpin-proxy,pushpin-handler', 'services=connmgr,proxy,handler'],
  ['client_maxconn=50000', 'client_maxconn=50000\nallow_compression=false'],
  ['accept_pushpin_route=false', 'accept_pushpin_route=false\ncdn_loop='],
  ['id_cache_ttl=60', 'id_cache_ttl=60\nupdate_on_first_subscription=true'],
] as const

function loadText(text: string) {
  return load({ argv: ['--config=/etc/pushpin/pushpin.conf'], files: { '/etc/pushpin/pushpin.conf': text } })
}

describe("Pushpin's own configuration file", () => {
  const newest = NEWER.reduce((text, [old, replacement]) => text.replace(old, replacement), DEBIAN)

  it.each([
    ['Debian 12', DEBIAN],
    ['the newest', newest],
  ])('of %s loads as it is', (_name, text) => {
    const { config, warnings } = loadText(text)
    expect(config.demo).toBe(false)
    expect(config.runner.httpPorts).toEqual([{ host: '0.0.0.0', port: 7999 }])
    expect(config.proxy).toMatchObject({
      routesFile: '/etc/pushpin/routes',
      setXForwardedProtocol: 'proto-only',
    })
    expect(config.proxy.sigKey?.algorithm).toBe('HS256')
    expect(config.proxy.upstreamKey).toBeUndefined()
    expect(config.handler).toMatchObject({
      controlAddress: '127.0.0.1',
      controlPort: 5561,
      messageRate: 2500,
    })
    expect(warnings).toEqual([expect.stringContaining(`sig_key in [proxy]: ${MISTAKES.defaultKey}`)])
  })
})
