/**
 * Every failure that a caller may want to tell apart has one of these codes; `docs/errors.md` explains each.
 */
export type ErrorCode =
  /** The configuration file, a flag or an environment variable is not usable. */
  | 'CONFIG_INVALID'
  /** A line of the routes file, or a `--route`, is not usable. */
  | 'ROUTE_INVALID'
  /** A key (`sig_key`, `upstream_key`, `auth_key`) cannot be read or is not a key. */
  | 'KEY_INVALID'
  /** GRIP instructions in an origin's response are not usable. */
  | 'INSTRUCT_INVALID'
  /** A response that carries GRIP instructions is longer than the proxy buffers. */
  | 'INSTRUCT_TOO_LARGE'
  /** A control message of an origin on a WebSocket is not usable. */
  | 'CONTROL_MESSAGE_INVALID'
  /** A published item is not usable. */
  | 'ITEM_INVALID'
  /** A published item is larger than what carries it between nodes. */
  | 'ITEM_TOO_LARGE'
  /** The JSON Patch of a published item cannot be applied to the response of a hold. */
  | 'PATCH_FAILED'
  /** A control request's body is not JSON, or not of the expected form. */
  | 'CONTROL_BODY_INVALID'
  /** A request to the command socket is not usable. */
  | 'COMMAND_INVALID'
  /** A request to the admin API is not usable. */
  | 'ADMIN_REQUEST_INVALID'
  /** No target accepted a connection, or, for a WebSocket, answered the handshake. */
  | 'ORIGIN_UNREACHABLE'
  /** The origin did not answer in time. */
  | 'ORIGIN_TIMEOUT'
  /** The origin's answer broke HTTP, or the WebSocket handshake, or ended before it was complete. */
  | 'ORIGIN_BROKEN'
  /** The address of the origin is on the deny list of an `untrusted` target. */
  | 'ORIGIN_DENIED'
  /** The peer of a WebSocket broke the protocol or a limit, or has fallen silent. */
  | 'SOCKET_BROKEN'
  /** A body of WebSocket events is malformed. */
  | 'SOCKET_EVENTS_INVALID'
  /** A client's WebSocket message is larger than can be sent over HTTP. */
  | 'SOCKET_MESSAGE_TOO_LARGE'
  /** A listening socket cannot be opened. */
  | 'LISTEN_FAILED'
  /** Another process could not take the listening sockets over. */
  | 'TAKEOVER_FAILED'
  /** ZeroMQ sockets are configured, and the package for them cannot be loaded. */
  | 'ZEROMQ_UNAVAILABLE'
  /** NATS servers are configured, and the packages for them, or a file of credentials, cannot be loaded. */
  | 'NATS_UNAVAILABLE'
  /** Bytes are not a tnetstring. */
  | 'TNETSTRING_INVALID'
  /** The publish bus cannot take items now. */
  | 'BUS_UNAVAILABLE'
  /** A worker process ended, or has not started, while something was asked of it. */
  | 'WORKER_GONE'
  /** `holdfast publish` could not hand its item in. */
  | 'PUBLISH_FAILED'

/** The one error class: a `code` to branch on, a message that names the field and the value, and a cause. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError'
  readonly code: ErrorCode
  /** What was found and what would be right, where the message, which is Pushpin's, does not say it. */
  readonly advice: string | undefined

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; advice?: string }) {
    super(message, options)
    this.code = code
    this.advice = options?.advice
  }
}

/** The message of an error and, where there is some, its advice, on one line for the log. */
export function messageWithAdvice({ message, advice }: HoldfastError): string {
  return advice === undefined ? message : `${message} (${advice})`
}

/** What a line of the log says of an error beside its message: the code, for programs that read the JSON form. */
export function codeField(error: unknown): { readonly code?: ErrorCode } {
  return error instanceof HoldfastError ? { code: error.code } : {}
}
