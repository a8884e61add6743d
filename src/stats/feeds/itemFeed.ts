import type { PublishItem } from '../../grip/publishItem.ts'
import { blocksOf, transportBytes } from './itemBlocks.ts'
import type { PacketSink } from './packet.ts'

/** How many hold a channel. */
export interface HolderCounts {
  readonly name: string
  readonly responseHolds: number
  readonly streamHolds: number
  readonly socketHolds: number
}

/** Tells to how many an item is handed, and weighs items in blocks. Pushpin: operations.md §4.2. */
export class ItemFeed {
  /** Since the process began; for reports. */
  received = 0
  blocksReceived = 0
  blocksSent = 0
  readonly #send: PacketSink
  readonly #blockBytes: number | undefined

  constructor(send: PacketSink, blockBytes: number | undefined) {
    this.#send = send
    this.#blockBytes = blockBytes
  }

  /** An item was taken that is no duplicate. */
  accepted(item: PublishItem): void {
    this.received++
    const sizes = Object.values(transportBytes(item)).map((bytes: number | undefined) => bytes ?? 0)
    this.blocksReceived += blocksOf(Math.max(0, ...sizes), this.#blockBytes) ?? 0
  }

  /** An item is handed to the holds of its channel. */
  fanned(item: PublishItem, channel: HolderCounts): void {
    const bytes = transportBytes(item)
    this.#tell(item, {
      transport: 'http-response',
      count: channel.responseHolds,
      bytes: bytes['http-response'],
    })
    this.#tell(item, { transport: 'http-stream', count: channel.streamHolds, bytes: bytes['http-stream'] })
    this.#tell(item, { transport: 'ws-message', count: channel.socketHolds, bytes: bytes['ws-message'] })
  }

  #tell(
    item: PublishItem,
    { transport, count, bytes }: { transport: string; count: number; bytes: number | undefined },
  ): void {
    if (bytes === undefined || count === 0) return
    const each = blocksOf(bytes, this.#blockBytes)
    const blocks = each === undefined ? undefined : each * count
    this.blocksSent += blocks ?? 0
    this.#send('message', { channel: item.channel, 'item-id': item.id, count, blocks, transport })
  }
}
