import { shownText } from '../../grip/headerText.ts'
import { buildId } from './buildId.ts'
import { requireSub, skipSelf, skipUsers } from './deliveryFilters.ts'
import {
  CANCELLED,
  type FilterCancelled,
  type FilterContext,
  type FilterResult,
  type LocalFilter,
  type NetworkFilter,
} from './filter.ts'
import type { FilterNetwork } from './filterNetwork.ts'
import { httpCheck, httpModify } from './httpFilter.ts'
import { varSubst } from './varSubst.ts'

/** The filters of one channel, in the order in which the origin names them. GRIP: `filter=`. */
export type FilterChain = LocalChain | NetworkChain

/** Filters that all decide at once. Made by `compileFilters`. */
export class LocalChain {
  readonly isSync = true
  /** True when there is nothing to run. */
  readonly isEmpty: boolean
  readonly contentFilters: readonly string[]
  readonly #filters: readonly LocalFilter[]

  constructor(filters: readonly LocalFilter[], contentFilters: readonly string[]) {
    this.isEmpty = filters.length === 0
    this.contentFilters = contentFilters
    this.#filters = filters
  }

  run(context: FilterContext): FilterResult {
    let { content } = context
    for (const filter of this.#filters) {
      const step = filter.apply(context, content)
      if (!Buffer.isBuffer(step)) return step
      content = step
    }
    return { kind: 'send', content }
  }
}

/** Filters of which one at least asks somebody. Made by `compileFilters`. */
export class NetworkChain {
  readonly isSync = false
  readonly isEmpty = false
  readonly contentFilters: readonly string[]
  readonly #filters: readonly (LocalFilter | NetworkFilter)[]

  constructor(filters: readonly (LocalFilter | NetworkFilter)[], contentFilters: readonly string[]) {
    this.contentFilters = contentFilters
    this.#filters = filters
  }

  /**
   * Runs the filters one after another. The context must stay as it is until then. Once the network's signal is aborted the
   * result is `cancelled` and no further filter runs; Pushpin may deliver to a hold that has ended.
   */
  async runAsync(context: FilterContext, network: FilterNetwork): Promise<FilterResult | FilterCancelled> {
    let { content } = context
    for (const filter of this.#filters) {
      const step = filter.isSync
        ? filter.apply(context, content)
        : await filter.ask(context, content, network)
      if (network.signal.aborted) return CANCELLED
      if (!Buffer.isBuffer(step)) return step
      content = step
    }
    return { kind: 'send', content }
  }
}

const FILTERS: ReadonlyMap<string, LocalFilter | NetworkFilter> = new Map<
  string,
  LocalFilter | NetworkFilter
>([
  ['skip-self', skipSelf],
  ['skip-users', skipUsers],
  ['require-sub', requireSub],
  ['build-id', buildId],
  ['var-subst', varSubst],
  ['http-check', httpCheck],
  ['http-modify', httpModify],
])

/** Those that a publisher can insist on with `content-filters`. */
const CONTENT_FILTERS: ReadonlySet<string> = new Set(['build-id', 'var-subst', 'http-modify'])

/** Chains by their names. Callers bound the length of a list, and so there are at most 7^5 + 7^4 + ... of these. */
const chains = new Map<string, FilterChain>()

/**
 * Returns the chain for a list of names, the same object for the same list. Names that are not known are ignored, as in
 * Pushpin. The list must have been checked to be short (`grip/instruct`: 5).
 */
export function compileFilters(names: readonly string[]): FilterChain {
  const known = names.filter((name) => FILTERS.has(name))
  const key = known.join()
  let chain = chains.get(key)
  if (chain === undefined) {
    chain = createChain(known)
    chains.set(key, chain)
  }
  return chain
}

/**
 * Says how the content filters that a publisher names differ from the channel's, which must be the same in the same order;
 * undefined when they do not, or when it names none. GRIP: `content-filters`.
 */
export function contentFilterMismatch(
  { contentFilters }: FilterChain,
  published: readonly string[] | undefined,
): string | undefined {
  if (published === undefined || isSameList(contentFilters, published)) return undefined
  return `content filter mismatch: subscription=${contentFilters.join()} message=${shownText(published.join())}`
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index])
}

function createChain(names: readonly string[]): FilterChain {
  const filters = names.flatMap((name) => FILTERS.get(name) ?? [])
  const contentFilters = names.filter((name) => CONTENT_FILTERS.has(name))
  return filters.every((filter) => filter.isSync)
    ? new LocalChain(filters, contentFilters)
    : new NetworkChain(filters, contentFilters)
}
