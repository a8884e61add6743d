import type { Log } from '../edges/log.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import { MISTAKES, type Mistake } from '../util/mistakes.ts'

/** How a line of an event begins. HTML: Server-sent events, parsing an event stream. */
const EVENT_START = /^(data|event|id|retry):/

/** Characters that tell whether a text begins like an event. */
const START_LENGTH = 6

const LF = 0x0a
const CR = 0x0d

/** Explains what publishers commonly get wrong, each once for each hub. */
export class ItemMistakes {
  readonly #log: Log
  readonly #explained = new Set<Mistake>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Hears of an item that its channel's holds get. */
  noteFit(item: PublishItem): void {
    if (this.#explained.has('eventNotEnded') || !isUnendedEvent(item)) return
    this.#explained.add('eventNotEnded')
    this.#log.warn(`item of channel ${item.channel}: ${MISTAKES.eventNotEnded}`)
  }

  /** Hears of an item that carries nothing for the holds of its channel, which may be as meant: others will come. */
  noteUnfit(item: PublishItem): void {
    if (this.#explained.has('formatWithoutHold')) return
    this.#explained.add('formatWithoutHold')
    this.#log.info(`item of channel ${item.channel}: ${MISTAKES.formatWithoutHold}`)
  }
}

function isUnendedEvent({ httpStream }: PublishItem): boolean {
  if (httpStream?.action !== 'send') return false
  const { content } = httpStream
  // Nearly all events end so, which is told without making a text of them.
  if (endsWithBlankLine(content)) return false
  return EVENT_START.test(content.toString('latin1', 0, START_LENGTH))
}

/** CR LF together end one line. */
function endsWithBlankLine(content: Buffer): boolean {
  const before = content.at(-2)
  const last = content.at(-1)
  if (before === CR && last === LF) return isLineEnd(content.at(-3))
  return isLineEnd(before) && isLineEnd(last)
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR
}
