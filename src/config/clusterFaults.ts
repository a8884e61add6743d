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
