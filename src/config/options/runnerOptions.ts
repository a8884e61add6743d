import { type LocalPort, localPorts } from '../localPorts.ts'
import { DEFAULT_LOG_LEVEL, type LogFormat, type LogLevel, logFormat, logLevel } from '../logTypes.ts'
import { type ListenAddress, listenAddresses } from '../networkTypes.ts'
import { option, type ValueType } from '../option.ts'
import { boolean, decimal, integer, invalidValue, path } from '../valueTypes.ts'
import { clientLimitOptions } from './limitOptions.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** A day: longer waits are mistakes, and timers cannot count much longer. */
export const MAX_SECONDS = 86_400

/** What a stream's number can count to. RFC 9113 §5.1.1. */
const MAX_STREAMS = 2 ** 31 - 1

/** More processes than any machine has cores only cost memory. */
const MAX_WORKERS = 1024

const workerNumber = integer(0, MAX_WORKERS)

const workerCount: ValueType<number | 'auto'> = {
  form: `\`auto\`, or ${workerNumber.form}`,
  parse(raw, context) {
    if (raw.text === 'auto') return 'auto'
    try {
      return workerNumber.parse(raw, context)
    } catch {
      throw invalidValue(raw.text, this.form)
    }
  },
}

/** `[runner]`: listeners for clients, their limits, logs and stopping. */
export const runnerOptions = {
  httpPorts: option<readonly ListenAddress[]>({
    key: 'http_port',
    type: listenAddresses,
    default: [],
    withoutFile: '7999',
    env: 'HOLDFAST_PORT',
    flag: 'port',
    about: 'Where clients connect by plain HTTP; a port alone binds all IPv4 addresses, 0 takes a free port.',
  }),
  httpsPorts: option<readonly ListenAddress[]>({
    key: 'https_ports',
    type: listenAddresses,
    default: [],
    flag: 'tls-port',
    about:
      'Where clients connect by TLS. Certificates are `runner/certs/NAME.crt` and `NAME.key` beside the configuration file, NAME being the host, `_.example.org` for all hosts of a domain, or `default_PORT`.',
  }),
  tlsCert: option<string | undefined>({
    key: 'tls_cert',
    type: path,
    default: undefined,
    env: 'HOLDFAST_TLS_CERT',
    flag: 'tls-cert',
    about: 'Certificate chain (PEM) for TLS clients that no file in `runner/certs` is for.',
  }),
  tlsKey: option<string | undefined>({
    key: 'tls_key',
    type: path,
    default: undefined,
    env: 'HOLDFAST_TLS_KEY',
    flag: 'tls-key',
    about: 'The key (PEM, without a passphrase) of `tls_cert`.',
  }),
  http2: option({
    key: 'http2',
    type: boolean,
    default: true,
    about: 'Whether TLS clients may speak HTTP/2, WebSockets included (RFC 8441).',
  }),
  http2MaxStreams: option({
    key: 'http2_max_streams',
    type: integer(1, MAX_STREAMS),
    default: 128,
    about: 'Requests and holds of one HTTP/2 connection at one time.',
  }),
  workers: option<number | 'auto'>({
    key: 'workers',
    type: workerCount,
    default: 0,
    env: 'HOLDFAST_WORKERS',
    flag: 'workers',
    about:
      'Processes that serve clients, beside the one that takes what is published; `auto`: one for each core. 0: one process does all.',
  }),
  localPorts: option<readonly LocalPort[]>({
    key: 'local_ports',
    type: localPorts,
    default: [],
    about: 'Unix sockets on which clients connect; `?mode=660&user=NAME&group=NAME` may follow a path.',
  }),
  logLevel: option<LogLevel>({
    key: 'log_level',
    type: logLevel,
    default: DEFAULT_LOG_LEVEL,
    env: 'HOLDFAST_LOG_LEVEL',
    flag: 'loglevel',
    about:
      '0 error, 1 warning, 2 info, 3 debug, 4 and above trace; of several `NAME:LEVEL` the most verbose holds.',
  }),
  logFormat: option<LogFormat>({
    key: 'log_format',
    type: logFormat,
    default: 'auto',
    env: 'HOLDFAST_LOG_FORMAT',
    flag: 'log-format',
    about:
      "Log lines for people, as JSON objects, or in Pushpin's form; `auto`: for people on a terminal, else Pushpin's.",
  }),
  clientBufferBytes: option({
    key: 'client_buffer_size',
    type: integer(256, 16 * MIB),
    default: 8 * KIB,
    unit: 'bytes',
    about: "A request's head must fit in it.",
  }),
  clientMaxConnections: option({
    key: 'client_maxconn',
    type: integer(1, 10_000_000),
    default: 50_000,
    about: 'Client connections at one time, shared evenly among the listeners.',
  }),
  clientSendBufferBytes: option({
    key: 'client_send_buffer',
    type: integer(KIB, 1024 * MIB),
    default: MIB,
    unit: 'bytes',
    about: 'What may wait for one client; a client that falls further behind is closed.',
  }),
  clientHeaderTimeoutSeconds: option({
    key: 'client_header_timeout',
    type: decimal(0.1, MAX_SECONDS),
    default: 10,
    unit: 's',
    about: "Time for a request's head to arrive, then 408.",
  }),
  clientKeepAliveSeconds: option({
    key: 'client_keep_alive',
    type: decimal(0.1, MAX_SECONDS),
    default: 75,
    unit: 's',
    about: 'How long a connection may wait for its next request.',
  }),
  ...clientLimitOptions,
  clientMessageBytes: option({
    key: 'client_message_size',
    type: integer(KIB, 1024 * MIB),
    default: 16 * MIB,
    unit: 'bytes',
    about:
      'The largest WebSocket message of a client or an origin, after decompression; beyond it the socket is closed with 1009.',
  }),
  clientMessageFragments: option({
    key: 'client_message_fragments',
    type: integer(1, 10_000_000),
    default: 100_000,
    about:
      'Fragments that one WebSocket message of a client or an origin may have; beyond them the socket is closed with 1008.',
  }),
  clientPingIntervalSeconds: option({
    key: 'client_ping_interval',
    type: decimal(0, MAX_SECONDS),
    default: 30,
    unit: 's',
    about:
      'Silence after which a WebSocket client is pinged; after two pings without a sign of life it is dropped. 0 never pings.',
  }),
  allowCompression: option({
    key: 'allow_compression',
    type: boolean,
    default: false,
    about: 'Whether permessage-deflate may be used on WebSockets, with clients and with origins.',
  }),
  drainTimeoutSeconds: option({
    key: 'drain_timeout',
    type: decimal(0, MAX_SECONDS),
    default: 10,
    unit: 's',
    env: 'HOLDFAST_DRAIN_TIMEOUT',
    about: 'Over how long held clients are let go when the server stops.',
  }),
}
