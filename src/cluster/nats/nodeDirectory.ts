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

/** The directory of another node; of one that does not answer in time nobody is known. */
export class NodeDirectory implements PartDirectory {
  readonly #remote: RemoteDirectory
  readonly #log: Log

  constructor(ask: Ask, log: Log) {
    this.#remote = new RemoteDirectory({ ask })
    this.#log = log
  }

  channels(filter: ChannelFilter, query: OrderedQuery<'name'>): Promise<Page<ChannelHolders>> {
    return this.#answer(this.#remote.channels(filter, query), EMPTY_PAGE)
  }

  channel(name: string): Promise<ChannelHolders | undefined> {
    return this.#answer(this.#remote.channel(name), undefined)
  }

  holders(names: readonly string[]): Promise<readonly ChannelHolders[]> {
    return this.#answer(this.#remote.holders(names), [])
  }

  connections(filter: ConnectionFilter, query: OrderedQuery<ConnectionKey>): Promise<Page<HeldConnection>> {
    return this.#answer(this.#remote.connections(filter, query), EMPTY_PAGE)
  }

  connection(id: string): Promise<ConnectionDetail | undefined> {
    return this.#answer(this.#remote.connection(id), undefined)
  }

  has(id: string): Promise<boolean> {
    return this.#answer(this.#remote.has(id), false)
  }

  kick(id: string): Promise<boolean> {
    return this.#answer(this.#remote.kick(id), false)
  }

  refresh(id: string): Promise<boolean> {
    return this.#answer(this.#remote.refresh(id), false)
  }

  async #answer<T>(answer: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await answer
    } catch (error) {
      this.#log.warn(`a node is left out of an answer: ${(error as Error).message}`)
      return otherwise
    }
  }
}

const EMPTY_PAGE = { items: [], next: undefined }
