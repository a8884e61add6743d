import { HoldfastError } from '../../errors.ts'
import { isJsonObject } from '../../grip/jsonFields.ts'
import { parseJsonBytes } from '../../grip/jsonText.ts'
import { type ItemSource, type PublishItem, parsePublishItem } from '../../grip/publishItem.ts'
import { parseTnetstring, type TnetValue } from '../../util/tnetstring.ts'

const JSON_MARK = 0x4a
const TNETSTRING_MARK = 0x54

/**
 * Parses a message of a PULL socket: one part, an item. Throws ITEM_INVALID; the text is Pushpin's, and what follows
 * `received message with` in the log. Pushpin: operations.md §1.2.
 */
export function parsePullMessage(parts: readonly Buffer[]): PublishItem {
  const [item] = parts
  if (parts.length !== 1 || item === undefined) throw unusable('parts != 1')
  return parseItem(item, undefined)
}

/**
 * Parses a message of a SUB socket: the channel, and an item whose own channel counts only where the first part is empty.
 * Throws as `parsePullMessage`. Pushpin: operations.md §1.3.
 */
export function parseSubMessage(parts: readonly Buffer[]): PublishItem {
  const [channel, item] = parts
  if (parts.length !== 2 || channel === undefined || item === undefined) throw unusable('parts != 2')
  return parseItem(item, channel.toString())
}

/** The first byte tells the encoding; a tnetstring may stand without, as it begins with a digit. */
function parseItem(part: Buffer, channel: string | undefined): PublishItem {
  switch (part[0]) {
    case JSON_MARK:
      return itemOf(readJson(part.subarray(1)), { encoding: 'json', channel })
    case TNETSTRING_MARK:
      return itemOf(readTnetstring(part.subarray(1)), { encoding: 'tnetstring', channel })
    default:
      return itemOf(readTnetstring(part), { encoding: 'tnetstring', channel })
  }
}

function itemOf(value: unknown, source: ItemSource): PublishItem {
  try {
    return parsePublishItem(value, source)
  } catch (cause) {
    throw unusable(`invalid format: ${(cause as Error).message}`, cause)
  }
}

function readJson(bytes: Buffer): unknown {
  const value = parseJsonBytes(bytes)
  if (isJsonObject(value)) return value
  throw unusable(
    Array.isArray(value) ? 'invalid format (not a valid json object)' : 'invalid format (json parse failed)',
  )
}

function readTnetstring(bytes: Buffer): TnetValue {
  try {
    return parseTnetstring(bytes)
  } catch (cause) {
    throw unusable('invalid format (tnetstring parse failed)', cause)
  }
}

function unusable(text: string, cause?: unknown): HoldfastError {
  return new HoldfastError('ITEM_INVALID', text, cause === undefined ? undefined : { cause })
}
