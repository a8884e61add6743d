/** What a primary asks its workers, and is told by them, by name. */
export const WORKER = {
  /** Answers nothing, which says that the worker is alive. */
  ping: 'ping',
  /** Opens what is for the other workers: before any of them has clients. */
  meet: 'meet',
  /** Opens the ports for clients; answers their addresses. */
  open: 'open',
  /** Lets the held clients go; answers when all is closed. */
  drain: 'drain',
  /** Reads the routes anew. */
  reload: 'reload',
  /** Answers a ProcessStatus. */
  status: 'status',
  /** Answers the last warnings and errors. */
  errors: 'errors',
  /** Answers MetricsData; the argument is the prefix of their names. */
  metrics: 'metrics',
  /** Answers the routes, described. */
  routes: 'routes',
  /** Answers which route a request takes; the argument is a MatchQuery. */
  matchRoute: 'matchRoute',
  /** Told: a packet of statistics. */
  packet: 'packet',
} as const
