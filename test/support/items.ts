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

/** An item that has nothing to send, but something for every hold on the channel to ask for. */
export function hintItem(channel: string): PublishItem {
  return parsePublishItem({ channel, action: 'hint' })
}

/** An item that ends every hold on the channel. */
export function closeItem(channel: string): PublishItem {
  return parsePublishItem({ channel, action: 'close' })
}

/** An item that is sent to held WebSockets; `more` are further fields of the item. */
export function socketItem(
  channel: string,
  content: string,
  { type = 'text', ...more }: { readonly type?: string } & Record<string, unknown> = {},
): PublishItem {
  return parsePublishItem({ channel, formats: { 'ws-message': { content, type } }, ...more })
}

/** An item that asks something else of held WebSockets. */
export function socketActionItem(channel: string, format: Record<string, unknown>): PublishItem {
  return parsePublishItem({ channel, formats: { 'ws-message': format } })
}

/** Item `number` of a channel whose items are numbered, for held WebSockets. */
export function chainedSocketItem(channel: string, number: number): PublishItem {
  return socketItem(channel, String(number), { id: String(number), 'prev-id': String(number - 1) })
}
