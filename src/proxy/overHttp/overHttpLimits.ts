/** What one connection may use. */
export interface OverHttpLimits {
  /** Bytes of one message of the client. */
  readonly maxMessageBytes: number
  /** Content after which a request takes no more events. */
  readonly maxRequestBytes: number
  /**
   * Bytes of events that wait, each way: with more for the client no request is made that may bring more, and with more for
   * the origin the client is not told to go on.
   */
  readonly maxWaitingBytes: number
  /** Bytes of one answer with events. */
  readonly maxAnswerBytes: number
  /** Bytes of an answer that refuses the connection. */
  readonly maxRefusalBytes: number
  /** Meta fields that an origin may set, and their bytes in all. */
  readonly maxMetas: number
  readonly maxMetaBytes: number
  /** How often a request is tried again, and how long after the first failure; each further wait is twice as long. */
  readonly maxRetries: number
  readonly firstRetryMs: number
  /** A random part of each wait, so that connections that failed together do not return together. */
  readonly retryJitterMs: number
  /** How often a CLOSE is sent again that the origin did not answer. Pushpin: without end. */
  readonly maxCloseRepeats: number
  /** The least time between requests that only keep the connection alive. */
  readonly minKeepAliveSeconds: number
  /** The longest: what a timer of the system can wait, 24 days. */
  readonly maxKeepAliveSeconds: number
  /** How long an origin may leave a connection neither opened nor refused. Pushpin: its idle limit. */
  readonly maxOpeningMs: number
}

/** Pushpin's numbers, where it has them. */
export const DEFAULT_OVER_HTTP_LIMITS: OverHttpLimits = {
  maxMessageBytes: 200_000,
  maxRequestBytes: 200_000,
  maxWaitingBytes: 200_000,
  maxAnswerBytes: 1_000_000,
  maxRefusalBytes: 100_000,
  maxMetas: 64,
  maxMetaBytes: 16_384,
  maxRetries: 5,
  firstRetryMs: 1000,
  retryJitterMs: 1000,
  maxCloseRepeats: 5,
  minKeepAliveSeconds: 20,
  maxKeepAliveSeconds: 2_147_483,
  maxOpeningMs: 1_800_000,
}
