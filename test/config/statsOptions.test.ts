import { describe, expect, it } from 'vitest'
import { faultsOf, loadConf } from './support.ts'

const NO_ROUTES = /^no routes:/

/** What `[handler]` becomes, and what is odd about it. */
function handler(lines: string, argv: string[] = []) {
  const { config, warnings } = loadConf(`[handler]\n${lines}\n`, argv)
  return { ...config.handler, warnings: warnings.filter((text) => !NO_ROUTES.test(text)) }
}

describe('where metrics are served', () => {
  it.each([
    ['9464', { host: '0.0.0.0', port: 9464 }],
    ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
    ['ipc:///run/m.sock', { path: '/run/m.sock' }],
    ['', undefined],
  ])('is %j', (text, place) => {
    expect(handler(`prometheus_port=${text}`).prometheusPort).toEqual(place)
  })

  it('is not moved by a port offset, as in Pushpin', () => {
    expect(handler('prometheus_port=9464', ['--id=2']).prometheusPort).toMatchObject({ port: 9464 })
  })

  it.each(['somewhere', '99999', 'ipc://', 'tcp://127.0.0.1:1'])('cannot be %j', (text) => {
    const [fault] = faultsOf(() => handler(`prometheus_port=${text}`))
    expect(fault).toContain('prometheus_port')
    expect(fault).toContain(`found "${text}"`)
  })

  it('may be said of [proxy], too', () => {
    const { config } = loadConf('[proxy]\nprometheus_port=9465\nprometheus_prefix=p_\n')
    expect(config.proxy).toMatchObject({ prometheusPort: { port: 9465 }, prometheusPrefix: 'p_' })
  })
})

describe('the prefix of metrics', () => {
  it.each(['', 'edge_', 'a:b', '_'])('may be %j', (prefix) => {
    expect(handler(`prometheus_prefix=${prefix}`).prometheusPrefix).toBe(prefix)
  })

  it.each(['1a', 'a-b', 'a b', 'ü'])('cannot be %j, which begins no name', (prefix) => {
    expect(faultsOf(() => handler(`prometheus_prefix=${prefix}`))[0]).toContain('prometheus_prefix')
  })
})

describe('statistics over ZeroMQ', () => {
  it('are off, and have the lifetimes and the period of Pushpin', () => {
    const { config } = loadConf('')
    expect(config.handler).toMatchObject({
      statsSpec: undefined,
      statsFormat: 'tnetstring',
      statsSubscriptionTtlSeconds: 60,
      statsReportIntervalSeconds: 10,
      messageBlockBytes: undefined,
    })
    expect(config.global).toMatchObject({ statsConnectionTtlSeconds: 120, statsConnectionSend: true })
  })

  it('are moved by a port offset', () => {
    expect(handler('stats_spec=tcp://127.0.0.1:5564', ['--id=1']).statsSpec).toBe('tcp://127.0.0.1:5574')
  })

  it.each([
    ['json', 'json', []],
    ['tnetstring', 'tnetstring', []],
    ['JSON', 'tnetstring', [expect.stringContaining('"JSON" counts as tnetstring')]],
  ])('in the format %j are %s', (text, format, doubts) => {
    const { statsFormat, warnings } = handler(`stats_format=${text}`)
    expect([statsFormat, warnings]).toEqual([format, doubts])
  })

  it('that other machines can reach are warned of', () => {
    expect(handler('stats_spec=tcp://*:5564').warnings).toEqual([
      'the ZeroMQ socket at tcp://*:5564 (stats_spec) asks for no key: whoever reaches it can see who is connected',
    ])
    expect(handler('stats_spec=tcp://127.0.0.1:5564').warnings).toEqual([])
  })

  it.each(['stats_subscription_ttl=0', 'stats_report_interval=-1'])('cannot have %s', (line) => {
    expect(faultsOf(() => handler(line))[0]).toContain(line.split('=')[0])
  })
})
