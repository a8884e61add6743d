import { HoldfastError } from '../../errors.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import { decodeItem, encodeItem } from '../itemCodec.ts'
import { sha256 } from './channelSubject.ts'

/** The first byte; nodes that speak another version are not understood, and say so. */
const VERSION = 1
/** Bytes of a node's id. */
export const NODE_ID_BYTES = 8
const COUNTED = 1
const NUMBER_AT = 2 + NODE_ID_BYTES
const HEAD_BYTES = NUMBER_AT + 6

/** An item on its way between nodes: version, flags, sender, number (48 bits), item. */
export interface ItemMessage {
  /** Id of the node that it was published on, in hexadecimal digits. */
  readonly from: string
  /** Which of that node's items it is. */
  readonly number: number
  /** Whether the sender will ask how many holds there were. */
  readonly isCounted: boolean
  readonly item: PublishItem
}

/** Encodes an item for other nodes. */
export function encodeItemMessage({ from, number, isCounted, item }: ItemMessage): Buffer {
  const content = encodeItem(item)
  const message = Buffer.allocUnsafe(HEAD_BYTES + content.length)
  message[0] = VERSION
  message[1] = isCounted ? COUNTED : 0
  message.write(from, 2, 'hex')
  message.writeUIntBE(number, NUMBER_AT, 6)
  content.copy(message, HEAD_BYTES)
  return message
}

/** Decodes what `encodeItemMessage` made. Throws ITEM_INVALID for all else. */
export function parseItemMessage(bytes: Uint8Array): ItemMessage {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (message.length < HEAD_BYTES || message[0] !== VERSION) {
    throw new HoldfastError('ITEM_INVALID', `a node sent an item of unknown version ${message[0] ?? 'none'}`)
  }
  return {
    from: message.toString('hex', 2, NUMBER_AT),
    number: message.readUIntBE(NUMBER_AT, 6),
    isCounted: ((message[1] ?? 0) & COUNTED) !== 0,
    item: parseItem(message.subarray(HEAD_BYTES)),
  }
}

function parseItem(bytes: Buffer): PublishItem {
  try {
    const item = decodeItem(bytes)
    if (typeof item.channel === 'string') return item
  } catch (cause) {
    throw new HoldfastError('ITEM_INVALID', `a node sent an item that cannot be read`, { cause })
  }
  throw new HoldfastError('ITEM_INVALID', 'a node sent an item without channel')
}

/** Names an item in a way that no other of its channel has; copies of an item with an id have the same name. */
export function itemName({ from, number, item }: ItemMessage): string {
  return item.id === undefined ? `${from}.${number}` : sha256(`${item.channel}\0${item.id}`)
}
