import type { PublishItem } from '../../grip/publishItem.ts'

/** The transports of an item by Pushpin's names, with the bytes of what it has for each; undefined: nothing. */
export interface TransportBytes {
  readonly 'http-response': number | undefined
  readonly 'http-stream': number | undefined
  readonly 'ws-message': number | undefined
}

/** What an item has for each transport. The publisher's own `size` counts instead of the content's. */
export function transportBytes(item: PublishItem): TransportBytes {
  const { httpResponse, httpStream, webSocketMessage, size } = item
  const weigh = (bytes: number): number => size ?? bytes
  return {
    'http-response': httpResponse && weigh(responseBytes(httpResponse)),
    'http-stream': httpStream && weigh(httpStream.action === 'send' ? httpStream.content.length : 0),
    'ws-message':
      webSocketMessage && weigh(webSocketMessage.action === 'send' ? webSocketMessage.content.length : 0),
  }
}

function responseBytes(format: NonNullable<PublishItem['httpResponse']>): number {
  return format.action === 'send' && 'bytes' in format.body ? format.body.bytes.length : 0
}

/** The blocks that content is weighed in; undefined without a block size. Pushpin: `message_block_size`. */
export function blocksOf(bytes: number, blockBytes: number | undefined): number | undefined {
  return blockBytes === undefined ? undefined : Math.ceil(bytes / blockBytes)
}
