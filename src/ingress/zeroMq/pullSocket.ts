import { bindSocket, MAX_MESSAGE_BYTES } from '../../zeroMq/bindSocket.ts'
import type { ZeroMq } from '../../zeroMq/loadZeroMq.ts'
import { type FeedOptions, ItemFeed, type ItemForm } from './itemFeed.ts'
import { parsePullMessage } from './itemMessage.ts'

/** Messages that may wait to be read; then publishers have to wait. Pushpin: operations.md §1.1. */
const HIGH_WATER_MARK = 101_000

const FORM: ItemForm = { name: 'IN pull', parse: parsePullMessage }

/** Where the socket is bound, and where its items go. */
export interface PullOptions extends FeedOptions {
  readonly spec: string
  readonly ipcFileMode: number | undefined
}

/** Opens the socket to which publishers push items. Throws LISTEN_FAILED. Pushpin: `push_in_spec`. */
export async function openPullSocket({ Pull }: ZeroMq, options: PullOptions): Promise<ItemFeed> {
  const socket = new Pull({ receiveHighWaterMark: HIGH_WATER_MARK, maxMessageSize: MAX_MESSAGE_BYTES })
  try {
    await bindSocket(socket, options.spec, options)
  } catch (error) {
    socket.close()
    throw error
  }
  return new ItemFeed(socket, FORM, options)
}
