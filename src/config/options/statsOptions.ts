import { type MetricsPlace, metricsPlace } from '../metricsPlace.ts'
import { type Option, option, type ValueType } from '../option.ts'
import { boolean, integer, invalidValue, limit } from '../valueTypes.ts'
import { zeroMqSpec } from '../zeroMqSpec.ts'
import { MAX_SECONDS } from './runnerOptions.ts'

/** Every other word means tnetstring, as in Pushpin. */
const statsFormat: ValueType<'tnetstring' | 'json'> = {
  form: 'tnetstring or json',
  parse: ({ text }) => (text === '' ? undefined : text === 'json' ? 'json' : 'tnetstring'),
  doubt: ({ text }) =>
    ['', 'json', 'tnetstring'].includes(text) ? undefined : `"${text}" counts as tnetstring`,
}

/** A name of a metric must be one with the prefix, too. */
const metricPrefix: ValueType<string> = {
  form: 'letters, digits, `_` and `:`, no digit first',
  parse({ text }) {
    if (text !== '' && !/^[A-Za-z_:][\w:]*$/.test(text)) throw invalidValue(text, this.form)
    return text
  },
}

/** What of `[global]` is about statistics. */
export const globalStatsOptions = {
  statsConnectionTtlSeconds: option({
    key: 'stats_connection_ttl',
    type: integer(1, MAX_SECONDS),
    default: 120,
    unit: 's',
    about: 'Lifetime of an entry in connection stats; it is sent again before that is over.',
  }),
  statsConnectionSend: option({
    key: 'stats_connection_send',
    type: boolean,
    default: true,
    about: 'Whether connection stats are sent.',
  }),
}

/** What of `[handler]` is about statistics that are sent. */
export const sentStatsOptions = {
  statsSpec: option<string | undefined>({
    key: 'stats_spec',
    type: zeroMqSpec,
    default: undefined,
    about: 'ZeroMQ PUB socket that sends [statistics](metrics.md#statistics-over-zeromq); bound.',
  }),
  statsFormat: option<'tnetstring' | 'json'>({
    key: 'stats_format',
    type: statsFormat,
    default: 'tnetstring',
    about: 'How they are encoded.',
  }),
  statsSubscriptionTtlSeconds: option({
    key: 'stats_subscription_ttl',
    type: integer(1, MAX_SECONDS),
    default: 60,
    unit: 's',
    about: 'Lifetime of an entry in subscription stats; it is sent again before that is over.',
  }),
  messageBlockBytes: option({
    key: 'message_block_size',
    type: limit,
    default: undefined,
    unit: 'bytes',
    about: 'Size of the blocks in which stats weigh items.',
  }),
}

/** What of `[handler]` is about numbers that are kept and shown. */
export const handlerStatsOptions = {
  statsReportIntervalSeconds: option({
    key: 'stats_report_interval',
    type: integer(0, MAX_SECONDS),
    default: 10,
    unit: 's',
    about: 'Period of stats reports, and of the peak that `connection_connected` is; 0: no reports.',
  }),
  ...prometheusOptions('handler'),
}

/** Both sections may name a port: in Pushpin they are for two processes, here both show everything. */
export function prometheusOptions(section: 'proxy' | 'handler'): {
  readonly prometheusPort: Option<MetricsPlace | undefined>
  readonly prometheusPrefix: Option<string>
} {
  const where = section === 'handler' ? '' : ', as `[handler]` has it, too'
  return {
    prometheusPort: option<MetricsPlace | undefined>({
      key: 'prometheus_port',
      type: metricsPlace,
      default: undefined,
      about: `Where [metrics](metrics.md) are served${where}; a port alone binds all IPv4 addresses.`,
    }),
    prometheusPrefix: option({
      key: 'prometheus_prefix',
      type: metricPrefix,
      default: '',
      about: 'What their names start with there.',
    }),
  }
}
