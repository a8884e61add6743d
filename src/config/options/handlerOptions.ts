import { ANY_ADDRESS, ipAddress } from '../networkTypes.ts'
import { option } from '../option.ts'
import { integer, limit } from '../valueTypes.ts'

const MIB = 1024 * 1024
const MAX_PORT = 65_535

/** `[handler]`: publishing and delivery. */
export const handlerOptions = {
  controlAddress: option({
    key: 'push_in_http_addr',
    type: ipAddress,
    default: ANY_ADDRESS,
    withoutFile: '127.0.0.1',
    env: 'HOLDFAST_CONTROL_ADDR',
    about: 'Address of the control API.',
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
  connectionSubscriptionMax: option({
    key: 'connection_subscription_max',
    type: integer(0, 1_000_000),
    default: 20,
    about: 'Channels that one client may be subscribed to; further ones are ignored.',
  }),
}
