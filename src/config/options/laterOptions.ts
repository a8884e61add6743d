import { type Option, option, type SectionName } from '../option.ts'
import { boolean, integer, limit, text } from '../valueTypes.ts'

const MAX_COUNT = 1_000_000_000
const count = integer(0, MAX_COUNT)

/** Pushpin settings that are read and checked but have no effect yet; setting one to another value is warned about. */
export const laterOptions: Readonly<Record<SectionName, readonly Option<unknown>[]>> = {
  global: [
    option({
      key: 'stats_connection_ttl',
      type: count,
      default: 120,
      unit: 's',
      about: 'Lifetime of an entry in connection stats.',
    }),
    option({
      key: 'stats_connection_send',
      type: boolean,
      default: true,
      about: 'Whether connection stats are sent.',
    }),
  ],
  runner: [],
  proxy: [
    option({ key: 'workers', type: integer(1, 1024), default: 1, about: 'Processes that serve clients.' }),
    option({
      key: 'max_open_requests',
      type: limit,
      default: undefined,
      about: 'Requests that are proxied at one time.',
    }),
    option({
      key: 'sockjs_url',
      type: text,
      default: '',
      about: "The script that SockJS's iframe transport loads.",
    }),
    ...prometheus('proxy'),
  ],
  handler: [
    option({ key: 'stats_spec', type: text, default: '', about: 'ZeroMQ PUB socket that sends stats.' }),
    option({
      key: 'state_spec',
      type: text,
      default: '',
      about: 'ZeroMQ socket of a session state service.',
    }),
    option({
      key: 'message_block_size',
      type: limit,
      default: undefined,
      unit: 'bytes',
      about: 'Size of the blocks in which items are weighed.',
    }),
    option({
      key: 'stats_subscription_ttl',
      type: count,
      default: 60,
      unit: 's',
      about: 'Lifetime of an entry in subscription stats.',
    }),
    option({
      key: 'stats_report_interval',
      type: count,
      default: 10,
      unit: 's',
      about: 'Period of stats reports.',
    }),
    option({ key: 'stats_format', type: text, default: 'tnetstring', about: 'Encoding of stats.' }),
    option({
      key: 'share_all',
      type: boolean,
      default: false,
      about: 'Whether identical concurrent requests share one origin request.',
    }),
    ...prometheus('handler'),
  ],
  control: [],
}

function prometheus(section: 'proxy' | 'handler'): Option<unknown>[] {
  const what = section === 'proxy' ? 'proxying' : 'publishing and delivery'
  return [
    option({
      key: 'prometheus_port',
      type: text,
      default: '',
      about: `Where metrics of ${what} are served.`,
    }),
    option({ key: 'prometheus_prefix', type: text, default: '', about: 'What their names start with.' }),
  ]
}
