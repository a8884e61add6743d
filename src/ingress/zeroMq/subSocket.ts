import type { ChannelObserver } from '../../hub/channelIndex.ts'
import { bindSocket, connectSocket, MAX_MESSAGE_BYTES } from '../../zeroMq/bindSocket.ts'
import type { Subscriber, ZeroMq } from '../../zeroMq/loadZeroMq.ts'
import { type FeedOptions, ItemFeed, type ItemForm } from './itemFeed.ts'
import { parseSubMessage } from './itemMessage.ts'

const FORM: ItemForm = { name: 'IN sub', parse: parseSubMessage }

/** ZMQ_SNDHWM; the package has it only for sockets that send, and this one sends subscriptions. */
const SEND_HIGH_WATER_MARK = 23
const UNLIMITED = 0

/** Finds broken connections to publishers in a minute; nothing else would, as nothing is sent. Pushpin: operations.md §1.1. */
const KEEP_ALIVE = { tcpKeepalive: 1, tcpKeepaliveIdle: 30, tcpKeepaliveInterval: 5, tcpKeepaliveCount: 6 }

/** Where the socket is bound or connected, and where its items go. */
export interface SubOptions extends FeedOptions {
  /** All are connected to, or the first is bound. */
  readonly specs: readonly string[]
  readonly connects: boolean
  readonly ipcFileMode: number | undefined
}

/** A socket that takes items of the channels that somebody holds. */
export interface SubSocket extends ChannelObserver {
  close(): Promise<void>
}

/**
 * Opens the socket that subscribes to publishers. Throws LISTEN_FAILED. Filters are prefixes: items of channels whose names
 * go on after that of a held one come, too, and reach nobody. Pushpin: `push_in_sub_specs`.
 */
export async function openSubSocket(zeroMq: ZeroMq, options: SubOptions): Promise<SubSocket> {
  const socket = createSubscriber(zeroMq)
  try {
    await attach(socket, options)
  } catch (error) {
    socket.close()
    throw error
  }
  const feed = new ItemFeed(socket, FORM, options)
  return {
    channelOpened: (name) => {
      if (isFilter(name) && !socket.closed) socket.subscribe(Buffer.from(name))
    },
    channelDropped: (name) => {
      if (isFilter(name) && !socket.closed) socket.unsubscribe(Buffer.from(name))
    },
    close: () => feed.close(),
  }
}

/** The empty filter is the prefix of everything. */
function isFilter(name: string): boolean {
  return name !== ''
}

/** Subscriptions must not get lost, however many there are. */
function createSubscriber({ Subscriber }: ZeroMq): Subscriber {
  class UnboundedSubscriber extends Subscriber {
    constructor() {
      super({ linger: 0, maxMessageSize: MAX_MESSAGE_BYTES })
      this.setInt32Option(SEND_HIGH_WATER_MARK, UNLIMITED)
    }
  }
  return new UnboundedSubscriber()
}

async function attach(socket: Subscriber, { specs, connects, ipcFileMode }: SubOptions): Promise<void> {
  if (connects) {
    Object.assign(socket, KEEP_ALIVE)
    for (const spec of specs) connectSocket(socket, spec)
    return
  }
  const [first] = specs
  if (first !== undefined) await bindSocket(socket, first, { ipcFileMode })
}
