import { deserialize, serialize } from 'node:v8'
import type { PublishItem } from '../grip/publishItem.ts'

/** An item as a list, which is smaller and faster to read than an object with names. */
type ItemRow = readonly [
  PublishItem['channel'],
  PublishItem['id'],
  PublishItem['prevId'],
  PublishItem['meta'],
  PublishItem['size'],
  PublishItem['noSeq'],
  PublishItem['action'],
  PublishItem['httpResponse'],
  PublishItem['httpStream'],
  PublishItem['webSocketMessage'],
]

/** Encodes an item, which was validated, for another process of the same program. */
export function encodeItem(item: PublishItem): Buffer {
  return serialize(toRow(item))
}

/** Decodes what `encodeItem` made; contents are views of the bytes. */
export function decodeItem(bytes: Buffer): PublishItem {
  return toItem(deserialize(bytes) as ItemRow)
}

function toRow(item: PublishItem): ItemRow {
  return [
    item.channel,
    item.id,
    item.prevId,
    item.meta,
    item.size,
    item.noSeq,
    item.action,
    item.httpResponse,
    item.httpStream,
    item.webSocketMessage,
  ]
}

function toItem(row: ItemRow): PublishItem {
  const [channel, id, prevId, meta, size, noSeq, action, httpResponse, httpStream, webSocketMessage] = row
  return { channel, id, prevId, meta, size, noSeq, action, httpResponse, httpStream, webSocketMessage }
}
