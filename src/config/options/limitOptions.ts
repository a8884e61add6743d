import { option } from '../option.ts'
import { decimal, integer, limit } from '../valueTypes.ts'

const MAX_SECONDS = 86_400
const MIB = 1024 * 1024

/** What clients may ask of the listeners; part of `[runner]`. docs/limits.md shows all limits. */
export const clientLimitOptions = {
  clientHeaderCount: option({
    key: 'client_header_count',
    type: integer(1, 10_000),
    default: 64,
    about: "Fields of a request's head, Host included.",
  }),
  clientUriBytes: option({
    key: 'client_uri_size',
    type: integer(64, 16 * MIB),
    default: 8192,
    unit: 'bytes',
    about: "A request's target must fit in it; a longer one is answered with 414.",
  }),
  clientBodyBytes: option<number | undefined>({
    key: 'client_body_size',
    type: limit,
    default: undefined,
    unit: 'bytes',
    about:
      "Limit of a request's body, which is otherwise streamed as long as it is; beyond it the answer is 413.",
  }),
  clientBodyTimeoutSeconds: option({
    key: 'client_body_timeout',
    type: decimal(0.1, MAX_SECONDS),
    default: 60,
    unit: 's',
    about: 'How long a client may send nothing of a body that it owes; then 408.',
  }),
  clientMaxConnectionsPerAddress: option<number | undefined>({
    key: 'client_maxconn_per_address',
    type: limit,
    default: undefined,
    about:
      'Connections of one client address at one time; leave it off behind a proxy, which has one address.',
  }),
  fileReserve: option({
    key: 'file_reserve',
    type: integer(0, 1_000_000),
    default: 100,
    about:
      'Files that clients must leave for origins and publishers: where fewer can still be opened, who connects gets 503 with Retry-After.',
  }),
}

/** What channels may cost; part of `[handler]`. */
export const channelLimitOptions = {
  channelNameLength: option({
    key: 'channel_name_length',
    type: integer(1, MIB),
    default: 65_536,
    about:
      'Characters of the name of a channel that is subscribed to, with the prefix of its route; longer ones are ignored.',
  }),
  channelMax: option({
    key: 'channel_max',
    type: integer(1, 1_000_000_000),
    default: 1_000_000,
    about: 'Channels at one time; subscriptions to further ones are ignored.',
  }),
}

/** What origins may be asked for at once; part of `[proxy]`. */
export const originLimitOptions = {
  originMaxConnections: option<number | undefined>({
    key: 'origin_maxconn',
    type: limit,
    default: undefined,
    about:
      'Connections to one target at one time; further requests wait for their turn. WebSockets do not count.',
  }),
}
