import { expect, it } from 'vitest'
import { faultsOf, loadConf } from './support.ts'

it.each([
  [
    'nats_user=a\nnats_token=b\nnats_nkey=c',
    'nats_user and nats_token and nats_nkey in [cluster]: a connection has one of them',
  ],
  ['nats_password=a', 'nats_password in [cluster]: nats_user is missing'],
  ['nats_tls_cert=a.pem', 'nats_tls_cert and nats_tls_key in [cluster]: both are needed, or neither'],
  ['nats_tls_key=a.pem', 'nats_tls_cert and nats_tls_key in [cluster]: both are needed, or neither'],
])('%j is a fault', (lines, fault) => {
  expect(faultsOf(() => loadConf(`[cluster]\n${lines}\n`))).toEqual([fault])
})

it('one way to show who the node is, with a certificate, is none', () => {
  const lines = 'nats_user=a\nnats_password=b\nnats_tls_cert=c.pem\nnats_tls_key=k.pem'
  const { cluster } = loadConf(`[cluster]\n${lines}\n`).config
  expect(cluster).toMatchObject({ natsUser: 'a', natsPassword: 'b', natsTlsCert: '/etc/h/c.pem' })
})

it.each([
  ['nats_stream=S', 'nats_stream in [cluster] has no effect without nats_servers'],
  ['nats_user=a\nnats_password=b', 'nats_user in [cluster] has no effect without nats_servers'],
  [
    'nats_servers=nats://a:4222\nnats_stream_replicas=3',
    'nats_stream_replicas in [cluster] has no effect without nats_stream',
  ],
])('%j is warned about', (lines, warning) => {
  expect(loadConf(`[cluster]\n${lines}\n`).warnings).toContain(warning)
})

it('a stream with its servers and replicas is not warned about', () => {
  const lines = 'nats_servers=nats://a:4222\nnats_stream=S\nnats_stream_replicas=3\nnats_user=a'
  expect(loadConf(`[cluster]\n${lines}\n`).warnings.join()).not.toContain('[cluster]')
})
