import { shownText } from '../../grip/headerText.ts'
import type { FilterNetwork } from './filterNetwork.ts'

/** Names and values that an origin (`Grip-Set-Meta`) or a publisher (`meta`) gives to filters. */
export type Meta = Readonly<Record<string, string>>

/**
 * One item on its way to one hold, as filters see it. Channels go by the names that the origin uses, without the route's
 * prefix. Only read while filters run: a hold may
 * use one object again and again.
 */
export interface FilterContext {
  /** The channel on which the item arrived. */
  readonly channel: string
  readonly itemId: string | undefined
  readonly itemMeta: Meta | undefined
  readonly subscriptionMeta: Meta | undefined
  /** Every channel of the hold, with its tracked prev-id before this item where there is one. */
  readonly prevIds: ReadonlyMap<string, string | undefined>
  /** What the format is about to deliver; empty for actions without content. */
  readonly content: Buffer
}

/** What filters make of an item: `error` skips it, and `message` says which step failed. */
export type FilterResult =
  | { readonly kind: 'send'; readonly content: Buffer }
  | { readonly kind: 'drop' }
  | { readonly kind: 'error'; readonly message: string }

/** The hold ended while its filters ran: nothing is to be delivered. */
export type FilterCancelled = { readonly kind: 'cancelled' }

/** The content with which the next filter goes on, or the end of the chain. */
export type FilterStep = Buffer | Exclude<FilterResult, { kind: 'send' }>

/** A filter that decides at once. */
export interface LocalFilter {
  readonly isSync: true
  apply(context: FilterContext, content: Buffer): FilterStep
}

/** A filter that asks somebody. */
export interface NetworkFilter {
  readonly isSync: false
  ask(context: FilterContext, content: Buffer, network: FilterNetwork): Promise<FilterStep | FilterCancelled>
}

/** The item does not reach this hold. */
export const DROP: FilterStep = Object.freeze({ kind: 'drop' })
/** The result once the hold has ended. */
export const CANCELLED: FilterCancelled = Object.freeze({ kind: 'cancelled' })

/** Returns the value that a meta object has of its own under that name. */
export function metaValue(meta: Meta | undefined, name: string): string | undefined {
  return meta !== undefined && Object.hasOwn(meta, name) ? meta[name] : undefined
}

/** Makes the result of a filter that failed; the message is fit for one line of a log. */
export function filterError(message: string): { readonly kind: 'error'; readonly message: string } {
  return { kind: 'error', message: shownText(message) }
}
