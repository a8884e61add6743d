import type {
  ChannelFilter,
  ChannelHolders,
  ConnectionDetail,
  ConnectionFilter,
  ConnectionKey,
  HeldConnection,
  OrderedQuery,
  Page,
} from '../../edges/directory.ts'
import type { Log } from '../../edges/log.ts'
import type { PartDirectory } from '../workers/mergedDirectory.ts'
import { RemoteDirectory } from '../workers/remoteDirectory.ts'

type Ask = (question: string, argument: unknown) => Promise<unknown>

/** The node that a directory is of. */
export interface DirectoryNode {
  readonly name: string
  /** False while it has fallen silent, and need not be asked. */
  readonly isThere: () => boolean
  readonly ask: Ask
}

/** The directory of another node; of one that does not answer in time nobody is known, and listings say so. */
export class NodeDirectory implements PartDirectory {
  readonly #node: DirectoryNode
  readonly #remote: RemoteDirectory
  readonly #log: Log
  readonly #missing: Page<never>

  constructor(node: DirectoryNode, log: Log) {
    this.#node = node
    this.#remote = new RemoteDirectory(node)
    this.#log = log
    this.#missing = { items: [], next: undefined, missing: [node.name] }
  }

  channels(filter: ChannelFilter, query: OrderedQuery<'name'>): Promise<Page<ChannelHolders>> {
    return this.#answer(() => this.#remote.channels(filter, query), this.#missing)
  }

  channel(name: string): Promise<ChannelHolders | undefined> {
    return this.#answer(() => this.#remote.channel(name), undefined)
  }

  holders(names: readonly string[]): Promise<readonly ChannelHolders[]> {
    return this.#answer(() => this.#remote.holders(names), [])
  }

  connections(filter: ConnectionFilter, query: OrderedQuery<ConnectionKey>): Promise<Page<HeldConnection>> {
    return this.#answer(() => this.#remote.connections(filter, query), this.#missing)
  }

  connection(id: string): Promise<ConnectionDetail | undefined> {
    return this.#answer(() => this.#remote.connection(id), undefined)
  }

  has(id: string): Promise<boolean> {
    return this.#answer(() => this.#remote.has(id), false)
  }

  kick(id: string): Promise<boolean> {
    return this.#answer(() => this.#remote.kick(id), false)
  }

  refresh(id: string): Promise<boolean> {
    return this.#answer(() => this.#remote.refresh(id), false)
  }

  async #answer<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
    const { name, isThere } = this.#node
    if (!isThere()) return otherwise
    try {
      return await ask()
    } catch (error) {
      this.#log.warn(`node ${name} is left out of an answer: ${(error as Error).message}`)
      return otherwise
    }
  }
}
