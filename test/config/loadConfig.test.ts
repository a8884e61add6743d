import { describe, expect, it } from 'vitest'
import { FLAGS } from '../../src/config/flags.ts'
import { optionsOf, SECTION_NAMES } from '../../src/config/options/sections.ts'
import { faultsOf, load, loadConf } from './support.ts'

const LISTEN = '[runner]\nhttp_port=7999\n'

describe('without anything', () => {
  it('the demo is served, to all clients on 7999 and to local publishers on 5561', () => {
    const { config, warnings } = load()
    expect(warnings).toEqual([])
    expect(config.demo).toBe(true)
    expect(config.runner.httpPorts).toEqual([{ host: '0.0.0.0', port: 7999 }])
    expect(config.handler).toMatchObject({ controlAddress: '127.0.0.1', controlPort: 5561 })
    expect(config.proxy.sigKey).toBeUndefined()
  })

  it('a route or a routes file ends the demo and leaves the ports', () => {
    const routed = load({ argv: ['--route=* localhost:80', '--route', 'a test'] }).config
    expect(routed).toMatchObject({
      demo: false,
      routeLines: ['* localhost:80', 'a test'],
      routeLinesFrom: '--route',
    })
    expect(routed.handler.controlPort).toBe(5561)
    const filed = load({ env: { HOLDFAST_ROUTES_FILE: 'r' } }).config
    expect(filed).toMatchObject({ demo: false, proxy: { routesFile: '/here/r' } })
  })

  it('a port alone moves the demo', () => {
    const { config } = load({ argv: ['--port=127.0.0.1:0'] })
    expect(config.demo).toBe(true)
    expect(config.runner.httpPorts).toEqual([{ host: '127.0.0.1', port: 0 }])
  })
})

describe('the configuration file', () => {
  it('is found in the working directory, in this order', () => {
    const files = {
      '/here/pushpin.conf': LISTEN,
      '/here/config/pushpin.conf': LISTEN,
      '/here/holdfast.conf': LISTEN,
    }
    const found = [3, 2, 1].map((count) => {
      return load({ files: Object.fromEntries(Object.entries(files).slice(0, count)) }).config.configFile
    })
    expect(found).toEqual(['/here/holdfast.conf', '/here/config/pushpin.conf', '/here/pushpin.conf'])
  })

  it('of Pushpin in /etc is left alone', () => {
    expect(load({ files: { '/etc/pushpin/pushpin.conf': LISTEN } }).config.demo).toBe(true)
  })

  it('is named by --config, in both spellings, or by HOLDFAST_CONFIG', () => {
    const files = { '/here/a.conf': LISTEN, '/here/b.conf': LISTEN, '/here/holdfast.conf': LISTEN }
    const env = { HOLDFAST_CONFIG: 'b.conf' }
    expect(load({ argv: ['--config=a.conf'], env, files }).config.configFile).toBe('/here/a.conf')
    expect(load({ argv: ['--config', 'a.conf'], env, files }).config.configFile).toBe('/here/a.conf')
    expect(load({ env, files }).config.configFile).toBe('/here/b.conf')
  })

  it.each([
    [['--config=no.conf'], {}, '--config: cannot read no.conf: no such file'],
    [[], { HOLDFAST_CONFIG: 'no.conf' }, 'HOLDFAST_CONFIG: cannot read no.conf: no such file'],
  ])('that is named but missing is a fault: %j %j', (argv, env, fault) => {
    expect(faultsOf(() => load({ argv, env }))).toEqual([fault])
  })

  it('without the control port switches the control API off, as in Pushpin', () => {
    expect(loadConf('').config.handler.controlPort).toBeUndefined()
  })

  it('without a port for clients is a fault', () => {
    const attempt = () => load({ argv: ['--config=h'], files: { '/here/h': '[proxy]\n' } })
    expect(faultsOf(attempt)).toEqual([
      'no server ports configured: set http_port, https_ports or local_ports in [runner], or --port',
    ])
  })

  it('needs no plain port beside one for TLS or a unix socket', () => {
    for (const line of ['https_ports=443', 'local_ports=/run/c']) {
      const { config } = load({ argv: ['--config=h'], files: { '/here/h': `[runner]\n${line}\n` } })
      expect(config.runner.httpPorts).toEqual([])
    }
  })

  it('with a TLS certificate and no key for it is a fault', () => {
    const attempt = () => loadConf('[runner]\nhttps_ports=443\ntls_cert=c.pem\n')
    expect(faultsOf(attempt)).toEqual(['tls_cert and tls_key in [runner]: both are needed, or neither'])
  })

  it('names its routes file relative to itself', () => {
    expect(loadConf('[proxy]\nroutesfile=routes\n').config.proxy.routesFile).toBe('/etc/h/routes')
    expect(loadConf('[proxy]\nroutesfile=/r\n').config.proxy.routesFile).toBe('/r')
  })

  it('is overridden by --route where it names a routes file', () => {
    const { config } = loadConf('[proxy]\nroutesfile=routes\n', ['--route=* test'])
    expect(config).toMatchObject({ routeLines: ['* test'], proxy: { routesFile: undefined } })
  })

  it('may repeat a key: the last one holds', () => {
    expect(loadConf('[proxy]\nsig_iss=a\nsig_iss=b\n').config.proxy.sigIss).toBe('b')
  })

  it('replaces variables in its values', () => {
    const conf = '[global]\nrundir=/run/h\nipc_prefix=x-\n[proxy]\nsig_iss={rundir}/{ipc_prefix}{other}\n'
    expect(loadConf(conf).config.proxy.sigIss).toBe('/run/h/x-{other}')
    expect(loadConf(conf, ['--id=3']).config.proxy.sigIss).toBe('/run/h/p3-{other}')
    expect(
      loadConf('[proxy]\nsig_iss={rundir}\n[runner]\nrundir=/old\nhttp_port=1\n').config.proxy.sigIss,
    ).toBe('/old')
  })
})

describe('an included file', () => {
  const included = (include: string, files: Record<string, string>) =>
    load({
      argv: ['--config=/c/main.conf'],
      files: {
        '/c/main.conf': `[global]\ninclude=${include}\nlibdir=/lib/h\n[proxy]\nsig_iss=main\n${LISTEN}`,
        ...files,
      },
    })

  it('supplies what the main file lacks', () => {
    const { config } = included('more.conf', {
      '/c/more.conf': '[proxy]\nsig_iss=more\ndebug=true\nroutesfile=r\n',
    })
    expect(config.proxy).toMatchObject({ sigIss: 'main', debug: true, routesFile: '/c/r' })
  })

  it('may be named by a variable', () => {
    expect(
      included('{libdir}/more.conf', { '/lib/h/more.conf': '[proxy]\ndebug=1' }).config.proxy.debug,
    ).toBe(true)
  })

  it('has its relative paths start where those of the main file do', () => {
    const { config } = included('/etc/more.conf', { '/etc/more.conf': '[proxy]\nroutesfile=r\n' })
    expect(config.proxy.routesFile).toBe('/c/r')
  })

  it.each(['internal.conf', '{libdir}/internal.conf'])("%s is Pushpin's own and not looked for", (name) => {
    expect(included(name, {}).warnings).toEqual(loadConf(LISTEN).warnings)
  })

  it('that is missing is a fault', () => {
    expect(faultsOf(() => included('more.conf', {}))).toEqual([
      '/c/main.conf:2: include: cannot read more.conf: no such file',
    ])
  })

  it('has its own lines in messages', () => {
    const files = { '/c/more.conf': '[proxy]\n\ndebut=1\n' }
    expect(included('more.conf', files).warnings).toContain('more.conf:3: unknown key debut in [proxy]')
  })
})

describe('flags and variables', () => {
  const conf =
    '[runner]\nhttp_port=1\nlog_level=0\n[handler]\npush_in_http_port=10\npush_in_http_addr=127.0.0.1\n'
  const files = { '/here/holdfast.conf': conf }

  it('a variable wins over the file, a flag over the variable', () => {
    const env = { HOLDFAST_PORT: '2', HOLDFAST_CONTROL_PORT: '20', HOLDFAST_LOG_LEVEL: '1' }
    const { runner, handler } = load({ argv: ['--port=3'], env, files }).config
    expect(runner.httpPorts).toEqual([{ host: '0.0.0.0', port: 3 }])
    expect(runner.logLevel).toBe(1)
    expect(handler.controlPort).toBe(20)
  })

  it('each flag that a setting names is one of the program', () => {
    const named = SECTION_NAMES.flatMap(optionsOf).flatMap(({ flag }) => flag ?? [])
    expect(FLAGS.map(({ name }) => name)).toEqual(expect.arrayContaining(named))
  })

  it('--workers and the flags of TLS win over the file', () => {
    const file = '[runner]\nworkers=1\nhttps_ports=1\ntls_cert=c\ntls_key=k\n'
    const argv = ['--workers=auto', '--tls-port=443', '--tls-cert=a.crt', '--tls-key=a.key']
    const { runner } = load({ argv, files: { '/here/holdfast.conf': file } }).config
    expect(runner).toMatchObject({
      workers: 'auto',
      httpsPorts: [{ host: '0.0.0.0', port: 443 }],
      tlsCert: '/here/a.crt',
      tlsKey: '/here/a.key',
    })
  })

  it('a number of workers that is none is told what could stand there', () => {
    const fault = '--workers: expected `auto`, or integer, 0 to 1024, found "many"'
    expect(faultsOf(() => load({ argv: ['--workers=many'] }))).toEqual([fault])
  })

  it('an empty variable counts as not set', () => {
    expect(load({ env: { HOLDFAST_CONTROL_PORT: '' }, files }).config.handler.controlPort).toBe(10)
  })

  it('--verbose is --loglevel=3, unless that is given too', () => {
    expect(load({ argv: ['--verbose'], files }).config.runner.logLevel).toBe(3)
    expect(load({ argv: ['--verbose', '--loglevel=4'], files }).config.runner.logLevel).toBe(4)
  })

  it('--id moves the control port, and not the one for clients', () => {
    const { runner, handler } = load({ argv: ['--id=2'], files }).config
    expect(handler.controlPort).toBe(30)
    expect(runner.httpPorts[0]?.port).toBe(1)
  })

  it('port_offset moves the control port, but leaves "any free port" alone', () => {
    const withOffset = (offset: number, port: number) =>
      loadConf(
        `[global]\nport_offset=${offset}\n[handler]\npush_in_http_addr=127.0.0.1\npush_in_http_port=${port}\n`,
      )
    expect(withOffset(5, 7).config.handler.controlPort).toBe(12)
    expect(withOffset(5, 0).config.handler.controlPort).toBe(0)
    expect(faultsOf(() => withOffset(65000, 5561))).toEqual([
      'push_in_http_port in [handler]: with the port offset it is 70561, above 65535',
    ])
  })

  it('HOLDFAST_ROUTES has one route a line; --route replaces them all', () => {
    const env = { HOLDFAST_ROUTES: '* a:80\n\n  b c:80\r\n' }
    expect(load({ env }).config.routeLines).toEqual(['* a:80', 'b c:80'])
    expect(load({ env, argv: ['--route=* test'] }).config.routeLines).toEqual(['* test'])
  })

  it('a path in a flag is relative to the working directory', () => {
    expect(load({ argv: ['--logfile=l.log'] }).config.logFile).toBe('/here/l.log')
  })

  it('-m and --merge-output are accepted', () => {
    expect(load({ argv: ['-m'] }).config.demo).toBe(true)
    expect(load({ argv: ['--merge-output'] }).config.demo).toBe(true)
  })

  it.each([
    ['--nonsense', '--nonsense: no such flag'],
    ['-x', '-x: no such flag'],
    ['-c', '-c: no such flag'],
    ['word', 'unexpected argument "word"'],
    ['--config', '--config: needs a value: --config=FILE'],
    ['--verbose=1', '--verbose: takes no value'],
    ['--id=-1', '--id: id must be an integer greater than or equal to 0, found "-1"'],
    ['--port=', '--port: needs a value: --port=[ADDR:]PORT'],
  ])('%s is a fault', (flag, fault) => {
    expect(faultsOf(() => load({ argv: [flag] }))).toEqual([fault])
  })

  it('a flag that follows --config is not taken for its value', () => {
    expect(faultsOf(() => load({ argv: ['--config', '--verbose'] }))).toEqual([
      '--config: needs a value: --config=FILE',
    ])
  })
})

describe('faults and warnings', () => {
  it('all faults are told together, each with its place', () => {
    const files = {
      '/here/h.conf':
        '[runner]\nhttp_port=x\nnonsense\nlog_level=-1\n[proxy]\nsig_key=file:no\norigin_timeout=no\n',
    }
    const env = { HOLDFAST_CONTROL_PORT: 'many' }
    const argv = ['--config=h.conf', '--log-format=xml', '--what']
    expect(faultsOf(() => load({ argv, env, files }))).toEqual([
      '--what: no such flag',
      'h.conf:3: expected key=value, found "nonsense"',
      'h.conf:2: http_port in [runner]: expected PORT (0 to 65535), ADDRESS:PORT or [IPV6]:PORT, found "x"',
      'h.conf:4: log_level in [runner]: log level must be greater than or equal to 0',
      '--log-format: expected auto or pretty or json or pushpin, found "xml"',
      'h.conf:7: origin_timeout in [proxy]: expected number, 0.1 to 86400, found "no"',
      "h.conf:6: sig_key in [proxy]: key file 'no' cannot be read",
      'HOLDFAST_CONTROL_PORT: expected integer, 0 to 65535, found "many"',
    ])
  })

  it('a key never stands in a message', () => {
    const env = { HOLDFAST_SIG_KEY: 'base64:' }
    const message = faultsOf(() => load({ env, argv: ['--port=x'] })).join()
    expect(message).toContain('HOLDFAST_SIG_KEY: base64 key is empty')
  })

  it('unknown keys, sections and variables are warned about', () => {
    const { warnings } = load({
      argv: ['--config=h.conf'],
      env: { HOLDFAST_PROT: '1', OTHER: '2' },
      files: {
        '/here/h.conf': `early=1\n${LISTEN}[proxy]\nroutesfile=r\nhttp_prt=1\nlog_level=1\n[more]\na=1\n`,
      },
    })
    expect(warnings).toEqual([
      'h.conf:1: early stands in no section',
      'h.conf:6: unknown key http_prt in [proxy]',
      'h.conf:7: unknown key log_level in [proxy]; it belongs in [runner]',
      'h.conf:9: a stands in an unknown section [more]',
      'HOLDFAST_PROT: unknown environment variable',
    ])
  })

  it('what is not supported yet is named in one warning, when it is set to something else than its default', () => {
    const conf = '[runner]\nhttp_port=1\n[handler]\nmessage_wait=5000\nshare_all=true\nstate_spec=x\n'
    expect(loadConf(`${conf}[proxy]\nroutesfile=r\nsockjs_url=\n`).warnings).toEqual([
      'not supported yet, and without effect: state_spec, share_all in [handler]',
    ])
  })

  it("settings of Pushpin's own processes are passed over", () => {
    const conf =
      '[runner]\nhttp_port=1\nservices=condure\nlogdir=log\nzurl_bin=zurl\n[proxy]\nroutesfile=r\nupdates_check=off\n' +
      'connmgr_in_specs=a\nm2a_out_specs=b\nstats_spec=c\n[handler]\nproxy_inspect_spec=d\n'
    expect(loadConf(conf).warnings).toEqual([])
  })

  it('a ZeroMQ socket that others on the network reach is warned about', () => {
    const warnings = (lines: string) => loadConf(`[proxy]\nroutesfile=r\n[handler]\n${lines}\n`).warnings
    expect(warnings('push_in_spec=tcp://*:1\ncommand_spec=tcp://0.0.0.0:2')).toEqual([
      'the ZeroMQ socket at tcp://*:1 (push_in_spec) asks for no key: whoever reaches it can publish',
      'the ZeroMQ socket at tcp://0.0.0.0:2 (command_spec) asks for no key: whoever reaches it can publish and give commands',
    ])
    expect(warnings('push_in_sub_specs=tcp://*:3')).toHaveLength(1)
    expect(warnings('push_in_sub_specs=tcp://broker.example:3\npush_in_sub_connect=true')).toEqual([])
    expect(warnings('push_in_spec=tcp://127.0.0.1:1\ncommand_spec=ipc://x')).toEqual([])
    expect(warnings('push_in_spec=tcp://*:1\n[control]\nallow_open=true')).toEqual([])
  })

  it('SUB specs beyond the first are named, as they are not bound', () => {
    const conf =
      '[proxy]\nroutesfile=r\n[handler]\npush_in_sub_specs=ipc://a,ipc://b\npush_in_sub_spec=ipc://c\n'
    expect(loadConf(conf).warnings).toEqual([
      'push_in_sub_specs in [handler]: only the first is bound, ipc://b, ipc://c is ignored',
    ])
    expect(loadConf(`${conf}push_in_sub_connect=true\n`).warnings).toEqual([])
  })

  it('a file without routes is warned about', () => {
    expect(loadConf('').warnings).toEqual([
      'no routes: every request gets 502; set routesfile in [proxy], or --route',
    ])
  })

  it('a word for "no" that counts as true is warned about, wherever it stands', () => {
    const conf = '[proxy]\nroutesfile=r\ndebug=off\nlog_from=FALSE\nlog_user_agent=yes\n'
    expect(loadConf(conf).warnings).toEqual([
      '/etc/h/h.conf:3: debug in [proxy]: "off" counts as true; write false',
    ])
    const { config, warnings } = load({ env: { HOLDFAST_DEBUG: 'No' } })
    expect(config.proxy.debug).toBe(true)
    expect(warnings).toEqual(['HOLDFAST_DEBUG: "No" counts as true; write false'])
  })

  it('routes of flags and of the environment that cannot be used are faults, all of them', () => {
    const argv = ['--route=* test', '--route=localhost:3000', '--route=* http://localhost:3000', '--wat']
    expect(faultsOf(() => load({ argv }))).toEqual([
      '--wat: no such flag',
      '--route 2: must specify condition and at least one target, as in "* localhost:3000"',
      "--route 3: target invalid port: 'http://localhost:3000'; write HOST:PORT without http://",
    ])
    expect(faultsOf(() => load({ env: { HOLDFAST_ROUTES: '* localhost' } }))).toEqual([
      "HOLDFAST_ROUTES 1: target bad format: 'localhost'",
    ])
  })

  it('the configuration is frozen', () => {
    const { config } = load()
    expect(() => Object.assign(config, { demo: false })).toThrow(TypeError)
    expect(() => Object.assign(config.runner, { logLevel: 0 })).toThrow(TypeError)
    expect(() => (config.runner.httpPorts as unknown[]).push(1)).toThrow(TypeError)
  })
})
