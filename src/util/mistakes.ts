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
  unknownGripField:
    'the answer has a field that begins with Grip- and means nothing; fields that mean something are Grip-Hold, Grip-Channel, Grip-Timeout, Grip-Keep-Alive, Grip-Set-Meta, Grip-Status, Grip-Link and Grip-Expose-Headers',
  notSocketEvents:
    'the origin answered OK to the events of a WebSocket and not with events, so that the client is refused; the Content-Type of its answer has to be application/websocket-events',
  gripNotAgreed:
    'the origin sent a control message and has not agreed to the extension, so that it went to the client; it has to answer the handshake with Sec-WebSocket-Extensions: grip',
  messageWithoutPrefix:
    'the origin sent a message without the prefix of the extension grip, and it was dropped; begin messages for the client with m:, or agree to another with message-prefix',
  eventNotEnded:
    'the content begins like an event of a text/event-stream and does not end with an empty line; an EventSource shows an event only when that has come: end it with \\n\\n',
  formatWithoutHold:
    'the channel is held, but by nobody whom a format of the item is for; http-stream is for streams, http-response for long polls, ws-message for WebSockets',
  defaultKey: 'the key is the one that examples have, which everybody knows; choose another',
} as const satisfies Readonly<Record<string, string>>

/** Tells whether a key is the one that Pushpin's configuration and every example have. */
export function isExampleKey(text: string): boolean {
  return text === 'changeme'
}

/** One of the common mistakes. */
export type Mistake = keyof typeof MISTAKES
