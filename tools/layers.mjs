/**
 * The layers of `src/`, as docs/ARCHITECTURE.md draws them. A unit is a folder of `src/`, or a file in it, without its
 * `.ts`; `server` is both. A unit imports from the layers below its own, from itself, and from its named siblings.
 */
export const LAYERS = [
  { units: ['util', 'errors'] },
  { units: ['grip'] },
  { units: ['edges', 'stats'] },
  { units: ['hub', 'route'] },
  { units: ['hold'] },
  { units: ['proxy'] },
  {
    units: ['accept', 'origin', 'ingress', 'cluster', 'observe', 'demo', 'zeroMq', 'systemClock', 'ws.d'],
    highest: 3,
  },
  { units: ['config', 'server'] },
  { units: ['cli', 'index', 'testing'] },
]

/** Which units of one layer may import which others of it. */
export const SIBLINGS = {
  util: ['errors'],
  ingress: ['zeroMq'],
  observe: ['zeroMq'],
  server: ['config'],
  testing: ['index'],
}

/** Up to this layer, only the modules of Node listed here may be imported: none of them does I/O. */
export const HIGHEST_PURE_LAYER = 5
export const PURE_MODULES = { '*': ['buffer', 'url'], grip: ['crypto'], edges: ['stream'], proxy: ['stream'] }

/** The units that may import a package. */
export const PACKAGE_HOMES = {
  undici: ['origin'],
  'http-proxy': ['origin'],
  ws: ['accept', 'origin', 'testing'],
  zeromq: ['zeroMq'],
  jose: ['ingress'],
  pino: ['observe'],
  rfc6902: ['grip'],
  'prom-client': ['observe'],
  '@nats-io/transport-node': ['cluster'],
  '@nats-io/jetstream': ['cluster'],
}
