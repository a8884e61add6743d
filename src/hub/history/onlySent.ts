import type { PublishItem } from '../../grip/publishItem.ts'

/** Returns an item as it is replayed: what it asked of the holds of its time, such as to close, is not for later ones. */
export function onlySent(item: PublishItem): PublishItem {
  const { httpResponse, httpStream, webSocketMessage } = item
  return {
    ...item,
    action: undefined,
    httpResponse: httpResponse?.action === 'send' ? httpResponse : undefined,
    httpStream: httpStream?.action === 'send' ? httpStream : undefined,
    webSocketMessage: webSocketMessage?.action === 'send' ? webSocketMessage : undefined,
  }
}
