/** The rows of the table: which figures of which measurement, and what they are to reach. */

/** What must be zero for a figure to count; shown beside it where it is not. */
const FAULTS = [
  'missing',
  'gaps',
  'duplicates',
  'reordered',
  'notHeld',
  'bad',
  'ended',
  'publishErrors',
  'lostWakeups',
  'stale',
  'empty',
  'lost',
  'bystanders',
]

/**
 * The rows in the order of the table. `needs` is what a target must be able to do; `floor` rows are also given as a
 * multiple of the floor's figure. `figures` are keys of the result, shown with a slash between them, times `scale`.
 */
export const rows = [
  {
    name: 'fanout',
    title: 'fan-out of one 100-byte item to 10k SSE clients, 2 under way',
    measure: 'fanout',
    needs: 'streams',
    floor: true,
    figures: ['cpuUsPerDelivery'],
    unit: 'µs CPU a delivery',
    must: '1.5x',
    goal: '1.2x',
  },
  {
    name: 'burst',
    title: 'burst: the same with 16 under way',
    measure: 'burst',
    needs: 'streams',
    floor: true,
    figures: ['cpuUsPerDelivery'],
    unit: 'µs CPU a delivery',
    must: '0.4x',
    goal: '0.2x',
  },
  {
    name: 'memory',
    title: 'memory per held connection, 15k held',
    measure: 'hold',
    needs: 'streams',
    figures: ['bytesPerConnection'],
    scale: 1 / 1024,
    unit: 'KB',
    must: '6',
    goal: '4',
  },
  {
    name: 'take',
    title: 'take one SSE client through GRIP',
    measure: 'hold',
    needs: 'grip',
    figures: ['takeCpuUs'],
    unit: 'µs CPU',
    must: '200',
    goal: '120',
  },
  {
    name: 'get-small',
    title: 'proxied GET, 100 bytes, 64 connections',
    measure: 'small',
    needs: 'proxy',
    figures: ['cpuUsPerRequest'],
    unit: 'µs CPU',
    must: '50',
    goal: '35',
  },
  {
    name: 'get-large',
    title: 'proxied GET, 64 KB, 64 connections',
    measure: 'large',
    needs: 'proxy',
    figures: ['cpuUsPerRequest'],
    unit: 'µs CPU',
    must: '160',
    goal: '100',
  },
  {
    name: 'lone',
    title: 'publish to a lone subscriber over HTTP keep-alive',
    measure: 'lone',
    needs: 'streams',
    floor: true,
    figures: ['cpuUsPerPublish'],
    unit: 'µs CPU',
    must: '45',
    goal: '26',
  },
  {
    name: 'latency-1',
    title: 'latency, 1 client, p50',
    measure: 'latency1',
    needs: 'streams',
    floor: true,
    figures: ['latencyP50Ms'],
    unit: 'ms',
    must: '0.5',
    goal: '0.23',
  },
  {
    name: 'latency-100',
    title: 'latency, 100 clients, the last one, p50',
    measure: 'latency100',
    needs: 'streams',
    floor: true,
    figures: ['completeP50Ms'],
    unit: 'ms',
    must: '2',
    goal: '1.5',
  },
  {
    name: 'longpoll',
    title: 'long poll, 1000 clients that ask again: one cycle of one client',
    measure: 'longpoll',
    needs: 'longPoll',
    figures: ['cpuUsPerResponse'],
    unit: 'µs CPU',
    must: '120, 0 lost',
    goal: '80',
  },
  {
    name: 'fill',
    title: 'fill 15k streams, 128 in flight: hung / bad',
    measure: 'fill',
    needs: 'grip',
    figures: ['hung', 'bad'],
    unit: '',
    must: '0 / 0',
    goal: '',
  },
  {
    name: 'kick',
    title: 'kick one of 300 by its private channel, 300 a second: p50 / p99',
    measure: 'kick',
    needs: 'kick',
    figures: ['latencyP50Ms', 'latencyP99Ms'],
    unit: 'ms',
    must: 'p99 20',
    goal: 'p99 5',
  },
  {
    name: 'kick-rate',
    title: 'kicks a second, 32 under way, each client connecting again',
    measure: 'kick',
    needs: 'kick',
    figures: ['kicksPerSec'],
    unit: '/s',
    must: '1000',
    goal: '',
  },
]

/** Names what went wrong in any of the results, with the largest count: `missing 3, ended 1`. */
export function faultsOf(results) {
  return FAULTS.map((name) => ({ name, worst: Math.max(...results.map((result) => result[name] ?? 0)) }))
    .filter(({ worst }) => worst > 0)
    .map(({ name, worst }) => `${name} ${worst}`)
    .join(', ')
}
