import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Inbox } from './inbox.ts'

/** One server-sent event. */
export interface StreamEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** A response that stays open, as its client sees it. */
export class TestStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly #response: IncomingMessage
  readonly #events: Inbox<StreamEvent>
  readonly #ended: Promise<void>
  #rest = ''

  constructor(response: IncomingMessage, path: string) {
    this.#response = response
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    this.#events = new Inbox(`stream ${path}`)
    const isEvents = response.headers['content-type']?.startsWith('text/event-stream') === true
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text, isEvents))
    this.#ended = new Promise((resolve, reject) => {
      response.once('end', resolve).once('error', reject)
    })
    // Who does not ask for the end need not hear of it.
    this.#ended.then(
      () => this.#events.end('it has ended'),
      (error: Error) => this.#events.end(`it broke off: ${error.message}`),
    )
  }

  /** Resolves to the data of the next server-sent event; of other streams, to the next line. */
  async next(patienceMs?: number): Promise<string> {
    return (await this.#events.next(patienceMs)).data
  }

  /** Resolves to the next server-sent event with its fields. Comments are left out. */
  nextEvent(patienceMs?: number): Promise<StreamEvent> {
    return this.#events.next(patienceMs)
  }

  /** Resolves when the server ends the response; rejects when it breaks off. */
  ended(): Promise<void> {
    return this.#ended
  }

  /** Leaves, as a client does that closes its tab. */
  close(): void {
    this.#response.destroy()
  }

  #take(text: string, isEvents: boolean): void {
    const parts = (this.#rest + text).replace(/\r\n/g, '\n').split(isEvents ? '\n\n' : '\n')
    this.#rest = parts.pop() ?? ''
    for (const part of parts) {
      const event = isEvents ? parseEvent(part) : { id: undefined, event: undefined, data: part }
      if (event !== undefined) this.#events.put(event)
    }
  }
}

/** HTML: server-sent events. A block without data is no event. */
function parseEvent(block: string): StreamEvent | undefined {
  const fields = block.split('\n').map((line) => /^(\w+):? ?(.*)$/.exec(line) ?? [])
  const last = (wanted: string): string | undefined => fields.findLast(([, name]) => name === wanted)?.[2]
  const data = fields.filter(([, name]) => name === 'data').map(([, , value]) => value)
  return data.length === 0 ? undefined : { id: last('id'), event: last('event'), data: data.join('\n') }
}
