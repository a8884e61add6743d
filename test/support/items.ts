import { type PublishItem, parsePublishItem } from '../../src/grip/publishItem.ts'

/** An item that appends to held streams. */
export function streamItem(channel: string, content: string): PublishItem {
  return parsePublishItem({ channel, formats: { 'http-stream': { content } } })
}

/** An item that answers held responses. */
export function responseItem(channel: string, body: string, more: Record<string, unknown> = {}): PublishItem {
  return parsePublishItem({ channel, formats: { 'http-response': { body, ...more } } })
}

/** An item for holds of both kinds. */
export function bothItem(channel: string, text: string): PublishItem {
  return parsePublishItem({
    channel,
    formats: { 'http-response': { body: text }, 'http-stream': { content: text } },
  })
}

/** An item that ends every hold on the channel. */
export function closeItem(channel: string): PublishItem {
  return parsePublishItem({ channel, action: 'close' })
}
