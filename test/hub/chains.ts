import { type PublishItem, parsePublishItem } from '../../src/grip/publishItem.ts'
import type { ChannelRequest } from '../../src/hub/hub.ts'

/** Item `number` of a channel whose items are numbered, for all kinds of holds. */
export function chainedItem(channel: string, number: number, text = String(number)): PublishItem {
  return parsePublishItem({
    channel,
    id: String(number),
    'prev-id': String(number - 1),
    formats: { 'http-response': { body: text }, 'http-stream': { content: text } },
  })
}

/** The request of a hold that has the items up to `number`. */
export function requestAfter(name: string, number: number, filters: readonly string[] = []): ChannelRequest {
  return { name, prevId: String(number), filters }
}
