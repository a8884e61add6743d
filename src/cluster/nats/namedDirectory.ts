import type {
  ChannelFilter,
  ChannelHolders,
  ConnectionDetail,
  ConnectionFilter,
  ConnectionKey,
  HeldConnection,
  OrderedQuery,
  Page,
  PageQuery,
} from '../../edges/directory.ts'
import { encodeData } from '../workers/frameData.ts'
import type { PartDirectory } from '../workers/mergedDirectory.ts'

export interface NodeNaming {
  readonly name: string
  /** What a message between nodes may have. */
  readonly maxMessageBytes: () => number
}

/** A node's directory as all nodes see it: each connection says what the node is called, and each page fits into a message. */
export class NamedDirectory implements PartDirectory {
  readonly #directory: PartDirectory
  readonly #naming: NodeNaming

  constructor(directory: PartDirectory, naming: NodeNaming) {
    this.#directory = directory
    this.#naming = naming
  }

  channels(filter: ChannelFilter, query: OrderedQuery<'name'>): Promise<Page<ChannelHolders>> {
    return this.#fitting(query, (smaller) => this.#directory.channels(filter, smaller))
  }

  channel(name: string): Promise<ChannelHolders | undefined> {
    return this.#directory.channel(name)
  }

  holders(names: readonly string[]): Promise<readonly ChannelHolders[]> {
    return this.#directory.holders(names)
  }

  connections(filter: ConnectionFilter, query: OrderedQuery<ConnectionKey>): Promise<Page<HeldConnection>> {
    return this.#fitting(query, async (smaller) => {
      const page = await this.#directory.connections(filter, smaller)
      return { ...page, items: page.items.map((connection) => this.#named(connection)) }
    })
  }

  async connection(id: string): Promise<ConnectionDetail | undefined> {
    const connection = await this.#directory.connection(id)
    return connection && this.#named(connection)
  }

  has(id: string): Promise<boolean> {
    return this.#directory.has(id)
  }

  kick(id: string): Promise<boolean> {
    return this.#directory.kick(id)
  }

  refresh(id: string): Promise<boolean> {
    return this.#directory.refresh(id)
  }

  #named<T extends HeldConnection>(connection: T): T {
    return { ...connection, node: this.#naming.name }
  }

  /** A page is of fewer entries where those that were asked for are too large. */
  async #fitting<Query extends PageQuery, Entry>(
    query: Query,
    read: (query: Query) => Promise<Page<Entry>>,
  ): Promise<Page<Entry>> {
    const maxBytes = this.#naming.maxMessageBytes() - ANSWER_FRAME_BYTES
    for (let { limit } = query; ; limit = Math.ceil(limit / 2)) {
      const page = await read({ ...query, limit })
      if (limit === 1 || encodeData(page).length <= maxBytes) return page
    }
  }
}

/** What stands around a page in a node's answer. */
const ANSWER_FRAME_BYTES = 1024
