import { type PublishItem, parsePublishItem } from '../../src/grip/publishItem.ts'

export interface LinkOptions {
  readonly channel?: string
  readonly noSeq?: boolean
  readonly content?: string
}

/** A stream item with that id, which names the one before it; `undefined` for none. */
export function link(
  id: string | undefined,
  prevId?: string | undefined,
  options: LinkOptions = {},
): PublishItem {
  return parsePublishItem({
    channel: options.channel ?? 'c',
    id: id ?? '',
    'prev-id': prevId ?? '',
    'no-seq': options.noSeq ?? false,
    formats: { 'http-stream': { content: options.content ?? `content of ${id}` } },
  })
}

/** The ids of the items; `-` for an item without. */
export function idsOf(items: readonly PublishItem[]): string {
  return items.map((item) => item.id ?? '-').join(' ')
}
