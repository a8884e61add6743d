import type { IncomingMessage } from 'node:http'
import type { HeaderList } from '../client.ts'
import { eventually } from '../waiting.ts'
import { close, type SocketEvent, toldBy, wordsOf } from './socketEvent.ts'

/** How an origin answers a handshake, and what it does then. */
export interface SocketScript {
  /** Fields of the acceptance; GRIP with its default prefix when not given. */
  readonly headers?: HeaderList
  /** The answer in place of an acceptance. */
  readonly refusal?: {
    readonly status: number
    readonly reason?: string
    readonly headers?: HeaderList
    readonly body?: string
  }
  /** What is sent right with the acceptance. */
  readonly opening?: readonly SocketEvent[]
  /** The answer to a Close; the same code and reason when not given. */
  readonly farewell?: readonly SocketEvent[]
}

/** A WebSocket as the test's origin has it, whatever carries it. */
export class OriginEnd {
  /** The request that opened it. */
  readonly request: IncomingMessage
  /** What was received, in order, as `wordsOf` writes it; orders of the test are not kept. */
  readonly heard: string[] = []
  readonly #script: SocketScript

  constructor(request: IncomingMessage, script: SocketScript) {
    this.request = request
    this.#script = script
  }

  /** Values of all fields of that name in the opening request. */
  all(name: string): string[] {
    const { rawHeaders } = this.request
    return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name.toLowerCase())
  }

  /** Notes what was received; returns what is to be sent for it. */
  receive(event: SocketEvent): readonly SocketEvent[] {
    const told = toldBy(event)
    if (told !== undefined) return told
    this.heard.push(wordsOf(event))
    if (event.kind !== 'close') return []
    return this.#script.farewell ?? [close(event.code, event.reason)]
  }

  /** Waits until exactly this was received. */
  async hears(...words: readonly string[]): Promise<void> {
    await untilHeard('the origin', this.heard, words)
  }

  /** Waits until this was received, among other things. */
  async hearsOf(word: string): Promise<void> {
    await eventually(`the origin hears ${word}`, () => this.heard.includes(word))
  }
}

/** Waits until a list has exactly these words; the error tells what it has. */
export async function untilHeard(
  who: string,
  heard: readonly string[],
  words: readonly string[],
): Promise<void> {
  const wanted = JSON.stringify(words)
  try {
    await eventually('', () => JSON.stringify(heard) === wanted)
  } catch {
    const short = (text: string) => (text.length > 500 ? `${text.slice(0, 500)}...` : text)
    throw new Error(`${who} was to hear ${short(wanted)}, but heard ${short(JSON.stringify(heard))}`)
  }
}
