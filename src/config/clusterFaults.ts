import type { Config } from './config.ts'

/** Says which settings of `[cluster]` do not go together. */
export function clusterFaults({ cluster }: Pick<Config, 'cluster'>): string[] {
  const { natsUser, natsPassword, natsToken, natsCreds, natsNkey, natsTlsCert, natsTlsKey } = cluster
  const faults: string[] = []
  const ways = Object.entries({
    nats_user: natsUser,
    nats_token: natsToken,
    nats_creds: natsCreds,
    nats_nkey: natsNkey,
  }).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  if (ways.length > 1) faults.push(`${ways.join(' and ')} in [cluster]: a connection has one of them`)
  if (natsPassword !== undefined && natsUser === undefined) {
    faults.push('nats_password in [cluster]: nats_user is missing')
  }
  if ((natsTlsCert === undefined) !== (natsTlsKey === undefined)) {
    faults.push('nats_tls_cert and nats_tls_key in [cluster]: both are needed, or neither')
  }
  return faults
}

/** Says which settings of `[cluster]` have no effect: whoever sets one believes that nodes are joined, or items kept. */
export function clusterWarnings({ cluster }: Pick<Config, 'cluster'>): string[] {
  const { natsServers, natsStream, natsStreamReplicas, natsUser, natsToken, natsCreds, natsNkey } = cluster
  if (natsServers.length === 0) {
    const needing = Object.entries({
      nats_stream: natsStream,
      nats_user: natsUser,
      nats_token: natsToken,
      nats_creds: natsCreds,
      nats_nkey: natsNkey,
    })
    return needing.flatMap(([key, value]) => (value === undefined ? [] : [idle(key, 'nats_servers')]))
  }
  return natsStream === undefined && natsStreamReplicas > 1
    ? [idle('nats_stream_replicas', 'nats_stream')]
    : []
}

function idle(key: string, without: string): string {
  return `${key} in [cluster] has no effect without ${without}`
}
