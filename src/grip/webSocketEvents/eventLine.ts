import { HoldfastError } from '../../errors.ts'
import { shownText } from '../headerText.ts'
import type { WebSocketEventType } from '../webSocketEvents.ts'

/** The first line of an event; `size` is undefined where the event has no content. */
export interface EventLine {
  readonly type: WebSocketEventType | 'UNKNOWN'
  readonly size: number | undefined
}

const TYPES: ReadonlyMap<string, WebSocketEventType> = new Map(
  (['OPEN', 'TEXT', 'BINARY', 'PING', 'PONG', 'CLOSE', 'DISCONNECT'] as const).map((type) => [type, type]),
)

/** Blanks, `+` and `0x` are tolerated by Pushpin, and the latter is sent by origins. */
const SIZE_FORM = /^[ \t]*\+?(?:0[xX])?([0-9A-Fa-f]+)$/
const MAX_SIZE = 0x7fff_ffff

/** Parses `TYPE` or `TYPE SP hexsize`; throws SOCKET_EVENTS_INVALID for a size that is none. */
export function parseEventLine(line: string): EventLine {
  const space = line.indexOf(' ')
  const type = TYPES.get(space < 0 ? line : line.slice(0, space)) ?? 'UNKNOWN'
  return { type, size: space < 0 ? undefined : parseSize(line, line.slice(space + 1)) }
}

function parseSize(line: string, text: string): number {
  const digits = SIZE_FORM.exec(text)?.[1]
  const size = digits === undefined ? Number.NaN : Number.parseInt(digits, 16)
  if (size <= MAX_SIZE) return size
  throw new HoldfastError('SOCKET_EVENTS_INVALID', `event line '${shownText(line)}' has no valid size`)
}
