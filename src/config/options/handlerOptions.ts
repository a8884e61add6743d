import { ANY_ADDRESS, ipAddress } from '../networkTypes.ts'
import { option } from '../option.ts'
import { boolean, fileMode, integer, limit } from '../valueTypes.ts'
import { zeroMqSpec, zeroMqSpecs } from '../zeroMqSpec.ts'
import { channelLimitOptions } from './limitOptions.ts'
import { MAX_SECONDS } from './runnerOptions.ts'
import { handlerStatsOptions, sentStatsOptions } from './statsOptions.ts'

const MIB = 1024 * 1024
const MAX_PORT = 65_535
const MAX_WAIT_MS = MAX_SECONDS * 1000

/** `[handler]`: publishing and delivery. */
export const handlerOptions = {
  controlAddress: option({
    key: 'push_in_http_addr',
    type: ipAddress,
    default: ANY_ADDRESS,
    withoutFile: '127.0.0.1',
    env: 'HOLDFAST_CONTROL_ADDR',
    about: 'Address of the control API; 127.0.0.1 where none is given and no key or password is asked for.',
  }),
  controlPort: option<number | undefined>({
    key: 'push_in_http_port',
    type: integer(0, MAX_PORT),
    default: undefined,
    withoutFile: '5561',
    env: 'HOLDFAST_CONTROL_PORT',
    about: 'Port of the control API, by which items are published; off when not set, 0 takes a free port.',
  }),
  controlMaxHeadersBytes: option({
    key: 'push_in_http_max_headers_size',
    type: integer(256, 16 * MIB),
    default: 10_000,
    unit: 'bytes',
    about: 'Limit of the head of a control request.',
  }),
  controlMaxBodyBytes: option({
    key: 'push_in_http_max_body_size',
    type: integer(1, 1024 * MIB),
    default: 1_000_000,
    unit: 'bytes',
    about: 'Limit of the body of a control request.',
  }),
  pullSpec: option<string | undefined>({
    key: 'push_in_spec',
    type: zeroMqSpec,
    default: undefined,
    about: 'ZeroMQ PULL socket that takes items; bound.',
  }),
  subSpecs: option<readonly string[]>({
    key: 'push_in_sub_specs',
    type: zeroMqSpecs,
    default: [],
    about: 'ZeroMQ SUB socket that takes items of held channels; the first is bound, the others are ignored.',
  }),
  olderSubSpecs: option<readonly string[]>({
    key: 'push_in_sub_spec',
    type: zeroMqSpecs,
    default: [],
    about: 'The same in its older spelling; added at the end.',
  }),
  connectsSub: option({
    key: 'push_in_sub_connect',
    type: boolean,
    default: false,
    about: 'Whether the SUB socket connects to all of `push_in_sub_specs` instead.',
  }),
  commandSpec: option<string | undefined>({
    key: 'command_spec',
    type: zeroMqSpec,
    default: undefined,
    about: 'ZeroMQ ROUTER socket that takes commands; bound.',
  }),
  ipcFileMode: option<number | undefined>({
    key: 'ipc_file_mode',
    type: fileMode,
    default: undefined,
    about: 'Mode of the files of bound `ipc://` sockets; else the umask decides.',
  }),
  messageRate: option({
    key: 'message_rate',
    type: limit,
    default: undefined,
    unit: 'deliveries/s',
    about: 'Limit of deliveries, an item to five subscribers being five; what exceeds it waits.',
  }),
  messageHwm: option({
    key: 'message_hwm',
    type: limit,
    default: undefined,
    unit: 'deliveries',
    about: 'How many deliveries may wait because of `message_rate`; more are dropped, counted and logged.',
  }),
  messageWaitMs: option({
    key: 'message_wait',
    type: integer(0, MAX_WAIT_MS),
    default: 5000,
    unit: 'ms',
    about: 'How long an item waits for the one that its prev-id names.',
  }),
  idCacheTtlSeconds: option({
    key: 'id_cache_ttl',
    type: integer(0, MAX_SECONDS),
    default: 0,
    withoutFile: '60',
    unit: 's',
    about: 'How long item ids are remembered, to drop items that are published twice; 0: not at all.',
  }),
  updatesOnFirstSubscription: option({
    key: 'update_on_first_subscription',
    type: boolean,
    default: true,
    about: 'Whether holds ask their origin again a second after the first subscription to a channel.',
  }),
  subscriptionLingerSeconds: option({
    key: 'subscription_linger',
    type: integer(0, MAX_SECONDS),
    default: 60,
    unit: 's',
    about: 'How long a channel counts as held after its last long poll was answered.',
  }),
  historySize: option({
    key: 'history_size',
    type: integer(0, 1_000_000),
    default: 100,
    env: 'HOLDFAST_HISTORY_SIZE',
    about: 'Items kept of each channel for clients that come back; 0: none, as in Pushpin.',
  }),
  historyTtlSeconds: option({
    key: 'history_ttl',
    type: integer(1, MAX_SECONDS),
    default: 60,
    unit: 's',
    about: 'How long an item is kept.',
  }),
  historyMaxBytes: option({
    key: 'history_max_bytes',
    type: integer(0, 64 * 1024 * MIB),
    default: 64 * MIB,
    unit: 'bytes',
    about: 'Memory for the kept items of all channels; the oldest go first.',
  }),
  ...channelLimitOptions,
  connectionSubscriptionMax: option({
    key: 'connection_subscription_max',
    type: integer(0, 1_000_000),
    default: 20,
    about: 'Channels that one client may be subscribed to; further ones are ignored.',
  }),
  ...sentStatsOptions,
  ...handlerStatsOptions,
}
