import type { HttpResponseFormat, PublishItem } from '../../grip/publishItem.ts'

// Measured on Node 20 and rounded up; each item is charged a channel of its own.
const ITEM_BYTES = 500
const FORMAT_BYTES = 300
const VALUE_BYTES = 64
const CHARACTER_BYTES = 2

/** Estimates the memory that a kept item takes, with all that is kept because of it; always the same for one item. */
export function itemBytes(item: PublishItem): number {
  const { httpResponse, httpStream, webSocketMessage } = item
  let bytes =
    ITEM_BYTES + textBytes(item.channel) + textBytes(item.id) + textBytes(item.prevId) + valueBytes(item.meta)
  if (httpResponse !== undefined) bytes += FORMAT_BYTES + responseBytes(httpResponse)
  if (httpStream !== undefined) bytes += FORMAT_BYTES
  if (httpStream?.action === 'send') bytes += httpStream.content.length
  if (webSocketMessage !== undefined) bytes += FORMAT_BYTES
  if (webSocketMessage?.action === 'send') bytes += webSocketMessage.content.length
  return bytes
}

function responseBytes(format: HttpResponseFormat): number {
  if (format.action !== 'send') return 0
  const { body, headers, reason } = format
  return (
    textBytes(reason) + valueBytes(headers) + ('bytes' in body ? body.bytes.length : valueBytes(body.patch))
  )
}

/** The memory of a JSON value. Not by recursion: a publisher decides how deep it is. */
function valueBytes(root: unknown): number {
  let bytes = 0
  const rest = [root]
  while (rest.length > 0) {
    const value = rest.pop()
    if (typeof value === 'string') bytes += VALUE_BYTES + textBytes(value)
    else if (value !== undefined) bytes += VALUE_BYTES
    if (typeof value !== 'object' || value === null) continue
    for (const [name, child] of Object.entries(value)) {
      bytes += textBytes(name)
      rest.push(child)
    }
  }
  return bytes
}

function textBytes(text: string | undefined): number {
  return text === undefined ? 0 : text.length * CHARACTER_BYTES
}
