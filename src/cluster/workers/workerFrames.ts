import type { ErrorCode } from '../../errors.ts'

/**
 * What the primary process and a worker tell each other. Frames arrive in the order sent, and that is what the promises of
 * `ChannelFeed` rest on: a snapshot stands between the items before it, which it has, and those after it.
 *
 *     worker                                    primary
 *       OPEN channels ---------------------------> has the channels' items sent to the worker
 *       <------------------------ OPENED snapshots
 *       <-------------------------------- ITEM ...
 *       REACHED holds of each item --------------> answers the publisher
 *       CLOSE channels --------------------------> sends no more of their items
 *       PUBLISH items ---------------------------> as from any publisher
 *       <----------------------- PUBLISHED outcomes
 *       <----------------------------- ASK question
 *       ANSWER ---------------------------------->
 *       <---------------------------------- RECOVER
 *       TELL, such as a packet of statistics ---->
 */
export const FRAME = {
  open: 1,
  opened: 2,
  close: 3,
  item: 4,
  reached: 5,
  publish: 6,
  published: 7,
  recover: 8,
  ask: 9,
  answer: 10,
  tell: 11,
} as const

/** The worker is to hold these channels. */
export interface OpenFrame {
  readonly request: number
  readonly channels: readonly string[]
}

/** What is known of each of the channels; items as `encodeItem` makes them. */
export interface OpenedFrame {
  readonly request: number
  readonly snapshots: readonly {
    readonly lastId: string | undefined
    readonly items: readonly { readonly item: Buffer; readonly ageMs: number }[]
  }[]
}

/** Items that were published in a worker. */
export interface PublishFrame {
  readonly request: number
  readonly items: readonly Buffer[]
}

/** How many holds each item reached, or the text of BUS_UNAVAILABLE. */
export interface PublishedFrame {
  readonly request: number
  readonly holds: readonly number[]
  readonly fault: string | undefined
}

/** A question of the primary's to a worker. */
export interface AskFrame {
  readonly request: number
  readonly question: string
  readonly argument: unknown
}

/** What it yields, or why it failed. */
export interface AnswerFrame {
  readonly request: number
  readonly answer: unknown
  readonly fault: { readonly code: ErrorCode; readonly message: string } | undefined
}

/** Something that the primary is told without having asked. */
export interface TellFrame {
  readonly subject: string
  readonly data: unknown
}
