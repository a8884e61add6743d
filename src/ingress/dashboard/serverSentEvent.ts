/** The head of an answer that is a stream of events. */
export const EVENT_STREAM_HEADERS = ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store']

/** Encodes a server-sent event with JSON as its data, which stands on one line. HTML: 9.2.6. */
export function encodeEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
