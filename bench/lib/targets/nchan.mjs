/** nginx with nchan as Debian ships it. It is no GRIP proxy: its clients subscribe directly, no origin is asked. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, isInstalled, startProcess, waitForPort } from '../processes.mjs'

const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so'

export const nchan = {
  name: 'nchan',
  can: ['streams', 'sockets', 'proxy', 'longPoll'],
  isInstalled: () => existsSync(MODULE) && isInstalled('nginx', ['-v']),

  /** Starts a master and one worker. `/plain` and `/big` are proxied to the origin by nginx itself. */
  async start({ dir, originPort }) {
    const port = await freePort()
    const config = join(dir, 'nginx.conf')
    writeFileSync(config, nginxConfig({ dir, port, originPort }))
    const server = startProcess('nginx', ['-p', dir, '-e', join(dir, 'error.log'), '-c', config], {
      role: 'server',
      logFile: join(dir, 'nginx.log'),
    })
    await waitForPort(port, server)
    return { port, publish: { port, style: 'raw' }, processes: [server] }
  },
}

function nginxConfig({ dir, port, originPort }) {
  return `load_module ${MODULE};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${dir}/nginx.pid;
events { worker_connections 19900; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  keepalive_requests 10000000;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 128; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    nchan_channel_id $arg_c;
    nchan_message_buffer_length 100;
    nchan_subscriber_first_message newest;
    location = /stream { nchan_subscriber eventsource; }
    location = /socket { nchan_subscriber websocket; }
    location = /response { nchan_subscriber longpoll; }
    location = /pub { nchan_publisher; }
    location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`
}
