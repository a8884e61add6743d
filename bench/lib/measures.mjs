/** What is run, in which size. */

/** The loads with their full sizes. Rows that name the same measure share its runs. */
export const measures = {
  fanout: { load: 'fanOut', clients: 10_000, inflight: 32, window: 2, size: 100, warmSecs: 1, secs: 6 },
  burst: {
    load: 'fanOut',
    clients: 10_000,
    inflight: 32,
    window: 16,
    publishers: 16,
    size: 100,
    warmSecs: 1,
    secs: 6,
  },
  hold: { load: 'holdStreams', clients: 15_000, inflight: 32 },
  fill: { load: 'holdStreams', clients: 15_000, inflight: 128 },
  small: { load: 'proxied', path: '/plain', connections: 64, warmSecs: 1, secs: 6 },
  large: { load: 'proxied', path: '/big', connections: 64, warmSecs: 1, secs: 6 },
  lone: {
    load: 'fanOut',
    clients: 1,
    inflight: 1,
    window: 2,
    publishers: 2,
    size: 100,
    warmSecs: 1,
    secs: 5,
  },
  latency1: { load: 'fanOut', clients: 1, inflight: 1, rate: 25, size: 100, warmSecs: 1, secs: 6 },
  latency100: { load: 'fanOut', clients: 100, inflight: 32, rate: 25, size: 100, warmSecs: 1, secs: 6 },
  longpoll: { load: 'longPoll', clients: 1_000, settleSecs: 1, size: 100, secs: 12 },
  kick: { load: 'kick', clients: 300, rate: 300, window: 32, secs: 5 },
}
