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
import type { PartDirectory } from './mergedDirectory.ts'

/** Another process, as far as it answers questions. */
export interface Askable {
  ask(question: string, argument: unknown): Promise<unknown>
}

/** The directory of another process: a worker, asked over its link, or a node. */
export class RemoteDirectory implements PartDirectory {
  readonly #link: Askable

  constructor(link: Askable) {
    this.#link = link
  }

  channels(filter: ChannelFilter, query: OrderedQuery<'name'>): Promise<Page<ChannelHolders>> {
    return this.#ask('channels', [filter, query])
  }

  channel(name: string): Promise<ChannelHolders | undefined> {
    return this.#ask('channel', [name])
  }

  holders(names: readonly string[]): Promise<readonly ChannelHolders[]> {
    return this.#ask('holders', [names])
  }

  connections(filter: ConnectionFilter, query: OrderedQuery<ConnectionKey>): Promise<Page<HeldConnection>> {
    return this.#ask('connections', [filter, query])
  }

  connection(id: string): Promise<ConnectionDetail | undefined> {
    return this.#ask('connection', [id])
  }

  has(id: string): Promise<boolean> {
    return this.#ask('has', [id])
  }

  kick(id: string): Promise<boolean> {
    return this.#ask('kick', [id])
  }

  refresh(id: string): Promise<boolean> {
    return this.#ask('refresh', [id])
  }

  #ask<T>(method: keyof PartDirectory, argument: readonly unknown[]): Promise<T> {
    return this.#link.ask(DIRECTORY_PREFIX + method, argument) as Promise<T>
  }
}

const DIRECTORY_PREFIX = 'directory.'

/** Answers a question of a RemoteDirectory from the process's own; undefined for other questions. */
export function answerDirectoryQuestion(
  directory: PartDirectory,
  question: string,
  argument: unknown,
): Promise<unknown> | undefined {
  if (!question.startsWith(DIRECTORY_PREFIX)) return undefined
  const method = question.slice(DIRECTORY_PREFIX.length) as keyof PartDirectory
  return (directory[method] as (...args: unknown[]) => Promise<unknown>).apply(
    directory,
    argument as unknown[],
  )
}
