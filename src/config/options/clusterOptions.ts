import { natsServers, nodeName, streamName, subjectPrefix } from '../natsTypes.ts'
import { option } from '../option.ts'
import { integer, path, secretOf } from '../valueTypes.ts'

/** Raft groups of NATS have no more members. */
const MAX_REPLICAS = 5

const secret = secretOf('text', /^[^\x00-\x1f\x7f]+$/)

/** `[cluster]`: what joins several nodes. */
export const clusterOptions = {
  natsServers: option<readonly string[]>({
    key: 'nats_servers',
    type: natsServers,
    default: [],
    env: 'HOLDFAST_NATS_SERVERS',
    about: 'NATS servers that join this node to others; none: it stands alone.',
  }),
  natsSubjectPrefix: option({
    key: 'nats_subject_prefix',
    type: subjectPrefix,
    default: 'holdfast',
    env: 'HOLDFAST_NATS_SUBJECT_PREFIX',
    about: 'What all subjects begin with; nodes with the same one are a cluster.',
  }),
  nodeName: option<string | undefined>({
    key: 'node_name',
    type: nodeName,
    default: undefined,
    env: 'HOLDFAST_NODE_NAME',
    about: 'What this node is called where all nodes are shown; none: the name of its machine.',
  }),
  natsUser: option<string | undefined>({
    key: 'nats_user',
    type: secret,
    default: undefined,
    env: 'HOLDFAST_NATS_USER',
    about: 'User at the NATS servers.',
  }),
  natsPassword: option<string | undefined>({
    key: 'nats_password',
    type: secret,
    default: undefined,
    env: 'HOLDFAST_NATS_PASSWORD',
    about: 'Password of `nats_user`.',
  }),
  natsToken: option<string | undefined>({
    key: 'nats_token',
    type: secret,
    default: undefined,
    env: 'HOLDFAST_NATS_TOKEN',
    about: 'Token that the NATS servers ask for.',
  }),
  natsCreds: option<string | undefined>({
    key: 'nats_creds',
    type: path,
    default: undefined,
    about: 'File of credentials, as `nsc` makes it.',
  }),
  natsNkey: option<string | undefined>({
    key: 'nats_nkey',
    type: path,
    default: undefined,
    about: 'File with the seed of an NKey.',
  }),
  natsTlsCa: option<string | undefined>({
    key: 'nats_tls_ca',
    type: path,
    default: undefined,
    about: "PEM file of the authorities that sign the NATS servers' certificates; turns TLS on.",
  }),
  natsTlsCert: option<string | undefined>({
    key: 'nats_tls_cert',
    type: path,
    default: undefined,
    about: 'PEM file of the certificate shown to the NATS servers; turns TLS on.',
  }),
  natsTlsKey: option<string | undefined>({
    key: 'nats_tls_key',
    type: path,
    default: undefined,
    about: 'PEM file of its key.',
  }),
  natsStream: option<string | undefined>({
    key: 'nats_stream',
    type: streamName,
    default: undefined,
    env: 'HOLDFAST_NATS_STREAM',
    about:
      'JetStream stream that keeps items for `history_ttl`, for all nodes; made when it is missing; none: nodes keep items themselves.',
  }),
  natsStreamReplicas: option({
    key: 'nats_stream_replicas',
    type: integer(1, MAX_REPLICAS),
    default: 1,
    about: 'NATS servers that keep a copy of the stream.',
  }),
}
