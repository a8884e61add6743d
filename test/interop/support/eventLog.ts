import { EventSource } from 'eventsource'
import { eventually } from '../../support/waiting.ts'

/** One event as the application sees it. */
export interface SeenEvent {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

/** An `EventSource` of the npm package that writes down all it gets. */
export class EventLog {
  readonly source: EventSource
  readonly events: SeenEvent[] = []
  /** How often a connection was opened. */
  opened = 0
  /** How often a connection ended or failed. */
  errors = 0

  constructor(url: string, types: readonly string[] = []) {
    this.source = new EventSource(url)
    this.source.addEventListener('open', () => {
      this.opened++
    })
    this.source.addEventListener('error', () => {
      this.errors++
    })
    for (const type of ['message', ...types]) {
      this.source.addEventListener(type, ({ data, lastEventId }: MessageEvent) => {
        this.events.push({ type, data, lastEventId })
      })
    }
  }

  /** What the events said, in order. */
  get data(): string[] {
    return this.events.map(({ data }) => data)
  }

  /** Waits for an event with this data. */
  async until(data: string): Promise<SeenEvent> {
    return eventually(`event ${data} among ${JSON.stringify(this.data)}`, () =>
      this.events.find((event) => event.data === data),
    )
  }

  /** Waits until so many connections have been opened. */
  async untilOpened(count: number): Promise<void> {
    await eventually(`connection ${count}`, () => this.opened >= count, 10_000)
  }

  close(): void {
    this.source.close()
  }
}
