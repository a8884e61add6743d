/**
 * What newcomers commonly get wrong and we can see, each with what would be right. The texts stand in the log, and in error pages
 * where `debug` is on; docs/mistakes.md lists them all.
 */
export const MISTAKES = {
  publishOnClientPort:
    'a publish came to the port of clients; publishers use the control port, push_in_http_port (default 5561)',
  clientOnControlPort:
    'a client came to the control port; clients use http_port (default 7999), which asks the origins',
  overHttpMissing:
    'the origin did not answer a WebSocket handshake as one; if it speaks HTTP only, its target needs the flag over_http',
  gripWithoutSupport:
    'the answer of a route with no_grip has GRIP instructions, and they went to the client; take no_grip away to have them followed',
  gripUnsigned:
    'GRIP instructions were followed without a sig_key: the origin cannot tell requests that came by us from forged ones',
  prevIdWithoutNext:
    'a stream with prev-id can be followed only with a next link (Grip-Link) or the history (history_size above 0); it is not held',
  channelWithoutHold: 'the answer has Grip-Channel and no Grip-Hold: the client is answered and not held',
  defaultKey: 'the key is the one that examples have, which everybody knows; choose another',
} as const satisfies Readonly<Record<string, string>>

/** One of the common mistakes. */
export type Mistake = keyof typeof MISTAKES
